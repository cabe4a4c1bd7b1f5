import type { ToGuard } from './guard.ts';

/** The guard's own process: see guard.ts. */

const watched = new Set<number>();

process.on('message', (message: ToGuard) => {
  if ('watch' in message) watched.add(message.watch);
  else watched.delete(message.forget);
});

process.on('disconnect', () => {
  for (const pid of watched) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It was faster.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  process.exit(0);
});

// A Ctrl-C in the terminal reaches the whole process group; the guard leaves last.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('SIGHUP', () => {});
