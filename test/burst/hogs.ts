import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Keeps so many processes computing for nothing, with the priority of this one: what takes longer beside them than alone takes longer
 * because the machine is busy, not because it stands in a line. Ends them when told; they end themselves with this process.
 */
export function startHogs(count: number): { stop(): Promise<void> } {
  const script =
    'process.on("disconnect", () => process.exit()); const turn = () => { const end = Date.now() + 50; while (Date.now() < end); setImmediate(turn); }; turn();';
  const hogs = Array.from({ length: count }, () =>
    spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
  );
  return {
    async stop() {
      const ended = hogs.map((hog) => once(hog, 'exit'));
      for (const hog of hogs) hog.kill();
      await Promise.all(ended);
    },
  };
}
