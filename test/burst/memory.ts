import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const KIB_PER_MIB = 1024;

export interface Memory {
  /**
   * Resident MiB of this process: the driver, the queues, the gateway and the emulators of AWS. Without the files it has mapped, where the
   * system tells: DynamoDB's store maps its own, which is the disk's cache.
   */
  parent: number;
  /** Of everything it has started, together: functions, Azure, Auth. */
  children: number;
  /** Of the largest of these. */
  largest: number;
  processes: number;
}

export interface Usage {
  memory: Memory;
  /** Seconds of processor time so far, of processes that have ended too, as far as they were ever looked at. */
  cpu: { parent: number; children: number };
}

async function ownMib(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const [, kib] = /^RssAnon:\s+(\d+) kB$/m.exec(status) ?? [];
  return kib === undefined ? process.memoryUsage.rss() / KIB_PER_MIB ** 2 : Number(kib) / KIB_PER_MIB;
}

/** Looks at this process and at all below it, by `ps`. Each look remembers the processor time of those it sees. */
export function createUsageMeter(): () => Promise<Usage> {
  const seconds = new Map<number, number>();
  return async () => {
    const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,rss=,cputimes=']);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number));
    const below = new Set([process.pid]);
    for (let found = -1; found !== below.size; ) {
      found = below.size;
      for (const [pid = 0, parent = 0] of rows) if (below.has(parent)) below.add(pid);
    }
    const own = rows.filter(([pid = 0]) => below.has(pid) && pid !== process.pid);
    for (const [pid = 0, , , time = 0] of own) seconds.set(pid, time);
    const sizes = own.map(([, , rss = 0]) => rss / KIB_PER_MIB);
    const { user, system } = process.cpuUsage();
    return {
      memory: {
        parent: Math.round(await ownMib()),
        children: Math.round(sizes.reduce((sum, size) => sum + size, 0)),
        largest: Math.round(Math.max(0, ...sizes)),
        processes: own.length,
      },
      cpu: {
        parent: (user + system) / 1_000_000,
        children: [...seconds.values()].reduce((sum, time) => sum + time, 0),
      },
    };
  };
}
