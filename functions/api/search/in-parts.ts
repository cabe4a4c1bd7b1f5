/** Does to any number of things, in order, what takes 100 at once: batch reads, and rendering records. */
export async function inParts<T, R>(all: readonly T[], run: (some: T[]) => Promise<R[]>): Promise<R[]> {
  const starts = Array.from({ length: Math.ceil(all.length / 100) }, (_, index) => index * 100);
  return (await Promise.all(starts.map((start) => run(all.slice(start, start + 100))))).flat();
}
