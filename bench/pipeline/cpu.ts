import { readdirSync, readFileSync } from 'node:fs';

/** Processor time of one process, user and system, in seconds. */
export interface ProcessTime {
  /** What it does: a function's name, or that of a helper of the local stack. */
  name: string;
  seconds: number;
  /** Of its first thread alone, on which its JavaScript runs. */
  main: number;
}

/** Ticks a second of `/proc/PID/stat` (proc(5), `sysconf(_SC_CLK_TCK)`): 100 on every Linux that Node runs on. */
const TICKS = 100;
const SAMPLE_MS = 250;

const HELPERS: Readonly<Record<string, string>> = {
  'auth-emulator-process': 'sign-in',
  'guard-process': 'guard',
  'vision/process': 'Azure: looking',
};

interface Stat {
  parent: number;
  seconds: number;
}

/** `null` where the process, or thread, has gone. */
function readStat(path: string): Stat | null {
  try {
    // The name in brackets may hold anything: what is counted begins behind the last one.
    const text = readFileSync(path, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), seconds: (Number(fields[11]) + Number(fields[12])) / TICKS };
  } catch {
    return null;
  }
}

function nameOf(pid: number): string {
  try {
    const service = /(?:^|\0)POWERTOOLS_SERVICE_NAME=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1];
    if (service) return `λ ${service}`;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return Object.entries(HELPERS).find(([file]) => command.includes(file))?.[1] ?? 'other';
  } catch {
    return 'other';
  }
}

function treeOf(root: number): Map<number, Stat> {
  const all = new Map<number, Stat>();
  for (const entry of readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? readStat(`/proc/${entry}/stat`) : null;
    if (stat) all.set(Number(entry), stat);
  }
  const found = new Map<number, Stat>();
  const visit = (pid: number) => {
    const stat = all.get(pid);
    if (!stat || found.has(pid)) return;
    found.set(pid, stat);
    for (const [child, { parent }] of all) if (parent === pid) visit(child);
  };
  visit(root);
  return found;
}

/**
 * Watches a process and all that come from it, from now on. `stop` answers the processor time each name has used since, the processes
 * of one name together. Linux only.
 */
export function watchProcesses(root: number, rootName: string): { stop(): ProcessTime[] } {
  const names = new Map<number, string>();
  const first = new Map<number, { seconds: number; main: number }>();
  const last = new Map<number, { seconds: number; main: number }>();

  function sample(isFirst: boolean): void {
    for (const [pid, { seconds }] of treeOf(root)) {
      const main = readStat(`/proc/${pid}/task/${pid}/stat`)?.seconds ?? last.get(pid)?.main ?? 0;
      if (!names.has(pid) || names.get(pid) === 'other') names.set(pid, pid === root ? rootName : nameOf(pid));
      if (isFirst) first.set(pid, { seconds, main });
      last.set(pid, { seconds, main });
    }
  }

  sample(true);
  const timer = setInterval(() => sample(false), SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      sample(false);
      const sums = new Map<string, ProcessTime>();
      for (const [pid, { seconds, main }] of last) {
        const name = names.get(pid) ?? 'other';
        const before = first.get(pid) ?? { seconds: 0, main: 0 };
        const sum = sums.get(name) ?? { name, seconds: 0, main: 0 };
        sum.seconds += seconds - before.seconds;
        sum.main += main - before.main;
        sums.set(name, sum);
      }
      return [...sums.values()].sort((a, b) => b.seconds - a.seconds);
    },
  };
}
