import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ready, setBackend } from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
// The package's `main` is the build for its native backend, which crashes with its process; this one has no other door.
import faceapi from '../../node_modules/@vladmandic/face-api/dist/face-api.node-wasm.js';
import { normalise } from '../domain/clustering/vectors.ts';
import type { ScoredBox } from '../domain/faces.ts';
import type { Box } from '../domain/image.ts';
import { MOST_FACES } from '../domain/object-keys.ts';

/** Pixels as the models take them: RGB, 8 bits, rows from the top. */
interface Pixels {
  data: Uint8Array;
  width: number;
  height: number;
}

const { tf, nets } = faceapi;
type FaceBox = InstanceType<typeof faceapi.Rect> | InstanceType<typeof faceapi.Box>;
type Net = typeof nets.ssdMobilenetv1 | typeof nets.faceLandmark68Net | typeof nets.faceRecognitionNet;

const require = createRequire(import.meta.url);

/**
 * Loads the models that ship with @vladmandic/face-api, on TensorFlow's WASM backend, from the disk: SSD MobileNet v1 finds faces
 * (WIDER FACE), 68 landmarks straighten them, and a ResNet-34 describes them (dlib's, trained with a triplet-like loss).
 */
export async function loadFaceModel() {
  setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'))}/dist/`);
  await setBackend('wasm');
  await ready();
  await Promise.all([
    load(nets.ssdMobilenetv1, 'ssd_mobilenetv1_model'),
    load(nets.faceLandmark68Net, 'face_landmark_68_model'),
    load(nets.faceRecognitionNet, 'face_recognition_model'),
  ]);

  return {
    /** Boxes of what may be faces, in pixels; they may reach over the edges. */
    async locate(picture: Pixels, minConfidence: number): Promise<ScoredBox[]> {
      return withTensor(picture, async (tensor) => {
        const options = { minConfidence, maxResults: 2 * MOST_FACES };
        const found = await nets.ssdMobilenetv1.locateFaces(tensor, new faceapi.SsdMobilenetv1Options(options));
        return found.map(({ score, box }) => ({ score, x: box.x, y: box.y, width: box.width, height: box.height }));
      });
    },

    /** What the faces in these boxes look like, in their order: 128 numbers, unit length; `null` where that is nothing. */
    async describe(picture: Pixels, boxes: readonly Box[]): Promise<(Float32Array | null)[]> {
      return withTensor(picture, async (tensor) => {
        const descriptors: (Float32Array | null)[] = [];
        // One by one: fifty faces at once would need as much memory.
        for (const { x, y, width, height } of boxes) {
          const box = new faceapi.Rect(x, y, width, height);
          const landmarks = await withFace(tensor, box, (face) => nets.faceLandmark68Net.detectLandmarks(face));
          const straight = landmarks?.shiftBy(box.x, box.y).align(null, { useDlibAlignment: true });
          const describe = (face: Tensor) => nets.faceRecognitionNet.computeFaceDescriptor(face);
          descriptors.push(straight ? direction(await withFace(tensor, straight, describe)) : null);
        }
        return descriptors;
      });
    },
  };
}
export type FaceModel = Awaited<ReturnType<typeof loadFaceModel>>;

type Tensor = ReturnType<typeof tf.tensor3d>;

async function withTensor<T>({ data, width, height }: Pixels, use: (tensor: Tensor) => Promise<T>): Promise<T> {
  const tensor = tf.tensor3d(data, [height, width, 3], 'int32');
  try {
    return await use(tensor);
  } finally {
    tensor.dispose();
  }
}

/** `null` where the box lies outside the picture. */
async function withFace<T>(tensor: Tensor, box: FaceBox, use: (face: Tensor) => Promise<T | T[]>): Promise<T | null> {
  const [face] = await faceapi.extractFaceTensors(tensor, [box]);
  if (!face) return null;
  try {
    const [result = null] = [await use(face)].flat() as T[];
    return result;
  } finally {
    face.dispose();
  }
}

function direction(numbers: Float32Array | null): Float32Array | null {
  return numbers?.some((number) => number !== 0) ? normalise(numbers) : null;
}

/** The weights of one net. The package itself would `fetch` them. */
async function load(net: Net, name: string): Promise<void> {
  const folder = join(dirname(require.resolve('@vladmandic/face-api/package.json')), 'model');
  const manifest = JSON.parse(await readFile(join(folder, `${name}-weights_manifest.json`), 'utf8'));
  const [{ paths, weights }] = manifest;
  const parts = await Promise.all(paths.map((path: string) => readFile(join(folder, path))));
  const bytes = new Uint8Array(Buffer.concat(parts));
  net.loadFromWeightMap(tf.io.decodeWeights(bytes.buffer, weights));
}
