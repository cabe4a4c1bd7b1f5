import { readFileSync } from 'node:fs';
import { meterCpu } from './meter.ts';

type OwnFigures = Record<string, number | null>;

/**
 * Does a contender's work once and prints what it took as one line of JSON. Processor time is that of all threads while the work was
 * done, loading of modules not included; peak memory is the process's. What `work` answers is printed beside it, or instead:
 * `null` for what this contender does not measure.
 */
export async function report(work: () => Promise<OwnFigures> | OwnFigures): Promise<void> {
  const cpu = meterCpu();
  const started = performance.now();
  const own = await work();
  const wall_ms = performance.now() - started;
  const cpu_ms = cpu();
  const peak_rss_bytes = peakMemory();
  console.log(JSON.stringify({ cpu_ms, wall_ms, peak_rss_bytes, ...own }));
}

/** Bytes. What `getrusage` gives on Linux is that of the process which started this one, if that was larger; the kernel's own count is not. */
function peakMemory(): number {
  const status = process.platform === 'linux' ? readFileSync('/proc/self/status', 'utf8') : '';
  const kilobytes = /^VmHWM:\s*(\d+) kB/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
  return Number(kilobytes) * 1024;
}
