/**
 * Does a contender's work once and prints what it took as one line of JSON. Processor time is that of all threads while the work was
 * done, loading of modules not included; peak memory is the process's. What `work` answers is printed beside it.
 */
export async function report(work: () => Promise<Record<string, number>> | Record<string, number>): Promise<void> {
  const before = process.cpuUsage();
  const started = performance.now();
  const own = await work();
  const wall_ms = performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  const peak_rss_bytes = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ cpu_ms: (user + system) / 1000, wall_ms, peak_rss_bytes, ...own }));
}
