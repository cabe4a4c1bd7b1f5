import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const KIB_PER_MIB = 1024;

export interface Memory {
  /** Resident MiB of this process: the driver, the queues, the gateway and the emulators of AWS. */
  parent: number;
  /** Of everything it has started, together: functions, Azure, Auth. */
  children: number;
  processes: number;
}

/** Resident memory of this process and of all below it, by `ps`. */
export async function measureMemory(): Promise<Memory> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,rss=']);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = new Set([process.pid]);
  for (let found = -1; found !== below.size; ) {
    found = below.size;
    for (const [pid = 0, parent = 0] of rows) if (below.has(parent)) below.add(pid);
  }
  let children = 0;
  for (const [pid = 0, , rss = 0] of rows) if (below.has(pid) && pid !== process.pid) children += rss / KIB_PER_MIB;
  const parent = process.memoryUsage.rss() / (KIB_PER_MIB * KIB_PER_MIB);
  return { parent: Math.round(parent), children: Math.round(children), processes: below.size - 1 };
}
