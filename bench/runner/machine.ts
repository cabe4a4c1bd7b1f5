import { cpus, loadavg, totalmem } from 'node:os';

/** What the figures were measured on, in one line. The load is that of the minute before: much above 0 and times are of no use. */
export function machineFacts(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? process.arch;
  const memory = Math.round(totalmem() / 2 ** 30);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return `${model}, ${processors.length} cores, ${memory} GB, Node ${process.versions.node}, load ${load} when it began`;
}
