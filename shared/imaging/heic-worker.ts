import { parentPort, workerData } from 'node:worker_threads';
import type { HeifAnswer, HeifTask } from './heif-thread.ts';
import { decodePrimary, HeifError } from './libheif.ts';

/** The thread that decodes one picture: see `heif-thread.ts`. */
const { file, mostPixels } = workerData as HeifTask;

function answer(): HeifAnswer {
  try {
    return { pixels: decodePrimary(file, mostPixels) };
  } catch (error) {
    if (!(error instanceof HeifError)) throw error;
    return { refused: { message: error.message, unsupported: error.unsupported } };
  }
}

const said = answer();
parentPort?.postMessage(said, 'pixels' in said ? [said.pixels.data.buffer] : []);
