import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Box, LARGE } from './decode.ts';

/** One object found in a picture. */
export interface Detection {
  /** One of the 80 COCO classes. */
  readonly label: string;
  /** 0–1; this model is sure of little: 0.2 is often right, 0.5 nearly always. */
  readonly score: number;
  readonly box: Box;
}

/** What we use of @vladmandic/human; its type file belongs to another build. */
interface HumanLibrary {
  Human: new (
    config: object,
  ) => {
    init(): Promise<void>;
    load(): Promise<void>;
    tf: {
      tensor3d(values: Uint8Array, shape: readonly [number, number, number], type: 'int32'): object;
      dispose(tensor: object): void;
    };
    detect(image: object): Promise<{ object: readonly { label: string; score: number; boxRaw: Box }[] }>;
  };
}

const OFF = { enabled: false } as const;
const LEAST_SCORE = 0.15;
const MOST_OBJECTS = 20;

/**
 * Loads the CenterNet object detector that ships with @vladmandic/human, on the WASM backend.
 * The returned function takes {@link LARGE}² RGB pixels and runs 130–300 ms on one core.
 */
export async function loadDetector(): Promise<(pixels: Uint8Array) => Promise<Detection[]>> {
  const require = createRequire(import.meta.url);
  // The node-wasm build hides behind the package's `exports`; its neighbour `main` tells where the folder is.
  const dist = dirname(require.resolve('@vladmandic/human'));
  const wasm = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  const { Human } = require(join(dist, 'human.node-wasm.js')) as HumanLibrary;
  const human = new Human({
    backend: 'wasm',
    wasmPath: `${join(wasm, 'dist')}/`,
    modelBasePath: `${pathToFileURL(join(dist, '..', 'models')).href}/`,
    async: false,
    cacheSensitivity: 0,
    filter: OFF,
    face: OFF,
    body: OFF,
    hand: OFF,
    gesture: OFF,
    segmentation: OFF,
    object: { enabled: true, modelPath: 'centernet.json', minConfidence: LEAST_SCORE, maxDetected: MOST_OBJECTS },
  });
  await withFileFetch(async () => {
    await human.init();
    await human.load();
  });
  return async (pixels) => {
    const tensor = human.tf.tensor3d(pixels, [LARGE, LARGE, 3], 'int32');
    try {
      const { object } = await human.detect(tensor);
      return object.map(({ label, score, boxRaw }) => ({ label, score, box: boxRaw }));
    } finally {
      human.tf.dispose(tensor);
    }
  };
}

/** The library loads its models with `fetch`, which in Node refuses `file:` addresses: it is taught them meanwhile. */
async function withFileFetch(run: () => Promise<void>): Promise<void> {
  const network = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.protocol !== 'file:') return network(input, init);
    const type = url.pathname.endsWith('.json') ? 'application/json' : 'application/octet-stream';
    return new Response(new Uint8Array(await readFile(url)), { headers: { 'content-type': type } });
  };
  try {
    await run();
  } finally {
    globalThis.fetch = network;
  }
}
