import { Worker } from 'node:worker_threads';
import { HeifError, type HeifPixels } from './libheif.ts';

export interface HeifTask {
  file: Uint8Array;
  mostPixels: number;
}
export type HeifAnswer = { pixels: HeifPixels } | { refused: { message: string; unsupported: boolean } };

/** The picture was not decoded in the time it was given. */
export class HeifTimeout extends Error {
  override readonly name = 'HeifTimeout';
}

/** Beside this file, or beside the bundle that it has become part of (`lib/bundle.ts`). */
const WORKER = import.meta.url.endsWith('.ts')
  ? new URL('./heic-worker.ts', import.meta.url)
  : new URL('./heic-worker.mjs', import.meta.url);

/**
 * Decodes the primary picture of a HEIC file in a thread of its own: libheif cannot be interrupted and gives no memory back, but a
 * thread can be ended, and all that it holds goes with it. Rejects with `HeifError` where libheif refuses the file or breaks off,
 * and with `HeifTimeout` after `seconds`.
 */
export async function decodeInThread(task: HeifTask, seconds: number): Promise<HeifPixels> {
  const worker = new Worker(WORKER, { workerData: task, execArgv: [] });
  let timer: NodeJS.Timeout | undefined;
  try {
    const answer = await new Promise<HeifAnswer>((resolve, reject) => {
      timer = setTimeout(() => reject(new HeifTimeout(`libheif took longer than ${seconds} seconds`)), seconds * 1_000);
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new HeifError(`The decoder's thread ended with code ${code}`)));
    });
    if ('pixels' in answer) return answer.pixels;
    throw new HeifError(answer.refused.message, answer.refused.unsupported);
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
