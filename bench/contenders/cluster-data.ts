import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIMENSIONS } from '../../shared/domain/clustering/vectors.ts';
import { drawMixture, LARGE_MIXTURES } from '../mixtures.ts';

const FOLDER = join(import.meta.dirname, '../../node_modules/.cache/shoebox');
/** 10,001 vectors in 40 groups whose sizes fall like 1/rank, and 500 of no group. */
const RECIPE = LARGE_MIXTURES[0]!;
export const DATA = join(FOLDER, `bench-mixture-${RECIPE.seed}.f32`);
const LABELS = `${DATA}.json`;

/** Draws what all contenders cluster, once: vectors as raw floats, which each of them reads. */
export async function drawData(): Promise<void> {
  if (existsSync(DATA)) return;
  mkdirSync(FOLDER, { recursive: true });
  const { vectors, labels } = drawMixture(RECIPE);
  const floats = new Float32Array(vectors.length * DIMENSIONS);
  for (const [n, vector] of vectors.entries()) floats.set(vector, n * DIMENSIONS);
  writeFileSync(LABELS, JSON.stringify(labels));
  writeFileSync(`${DATA}.draft`, floats);
  renameSync(`${DATA}.draft`, DATA);
}

export function readData(): { vectors: Float32Array[]; labels: number[] } {
  const bytes = readFileSync(DATA);
  const labels = JSON.parse(readFileSync(LABELS, 'utf8')) as number[];
  const vectors = labels.map((_, n) => {
    const start = bytes.byteOffset + n * DIMENSIONS * 4;
    return new Float32Array(bytes.buffer.slice(start, start + DIMENSIONS * 4) as ArrayBuffer);
  });
  return { vectors, labels };
}

/** Labels of the groups as text: `null`, and what a contender left out, is a class of its own. */
export const asClasses = (labels: readonly (string | number | null)[]) =>
  labels.map((label, n) => label ?? `alone ${n}`);
