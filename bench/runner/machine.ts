import { cpus, loadavg, totalmem } from 'node:os';

/** What the figures were measured on, in one line. The load is that of the minute before: much above 0 and times are of no use. */
export function machineFacts(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? process.arch;
  const memory = Math.round(totalmem() / 2 ** 30);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return `${model}, ${processors.length} cores, ${memory} GB, Node ${process.versions.node}, load ${load} when it began`;
}

/** Whether more wanted to compute in the last minute than can at once: the words that say so, else `undefined`. */
export function busyMachine(load = loadavg()[0] ?? 0, cores = cpus().length): string | undefined {
  if (load <= cores) return undefined;
  return `The machine was busy (load ${load.toFixed(1)} on ${cores} cores): a goal missed here may be met on one that is idle.`;
}
