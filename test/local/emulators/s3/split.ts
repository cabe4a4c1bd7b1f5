/** The bytes as a stream cut at the given places (taken modulo the length). */
export async function* split(bytes: Buffer, cuts: number[]): AsyncGenerator<Buffer> {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const place of [...places, bytes.length]) {
    if (place > from) yield bytes.subarray(from, place);
    from = place;
  }
}
