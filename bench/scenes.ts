import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { embedText } from '../local/emulators/azure/embedding.ts';
import { startVision } from '../local/emulators/azure/vision/client.ts';
import { DIMENSIONS, decodeVector, encodeVector } from '../shared/domain/clustering/vectors.ts';
import { embeddingText, normaliseDescription } from '../shared/domain/description.ts';
import { acceptedFormat } from '../shared/imaging/format.ts';
import { decode, measure } from '../shared/imaging/raster.ts';
import { makeThumbnails } from '../shared/imaging/thumbnails.ts';
import type { Mixture } from './mixtures.ts';

const PHOTOS = resolve(import.meta.dirname, '../../shared/photos');
/** Looking at a hundred pictures takes a minute: what came of it is kept, by the way it was made. */
const KEPT = join(tmpdir(), 'shoebox-bench', 'scenes-1');

/**
 * Real photos of known themes, embedded as the local stack does it: described by the Azure emulator from the medium thumbnail,
 * the description embedded. `null` where the photos are not there.
 */
export async function drawScenes(): Promise<Mixture | null> {
  const list = join(PHOTOS, 'scenes.csv');
  if (!existsSync(list)) return null;
  const rows = readFileSync(list, 'utf8').trim().split('\n').slice(1);
  const scenes = rows.map((row) => row.split(',')).map(([file, theme]) => ({ file: file!, theme: theme! }));
  const themes = [...new Set(scenes.map(({ theme }) => theme))];
  const vectors = await embeddings(scenes.map(({ file }) => file));
  return { name: 'scenes', k: themes.length, vectors, labels: scenes.map(({ theme }) => themes.indexOf(theme)) };
}

async function embeddings(files: readonly string[]): Promise<Float32Array[]> {
  await mkdir(KEPT, { recursive: true });
  const vision = startVision();
  const vectors: Float32Array[] = [];
  for (const file of files) {
    const kept = join(KEPT, file.replaceAll('/', '-'));
    if (existsSync(kept)) {
      vectors.push(decodeVector(readFileSync(kept)));
      continue;
    }
    const picture = readFileSync(join(PHOTOS, file));
    const format = acceptedFormat(picture);
    const thumbnails = await makeThumbnails(await decode(picture, format, await measure(picture, format)));
    const { title, description, tags, filename } = await vision.see(thumbnails.medium.bytes);
    const said = normaliseDescription({ title, description, tags, filename, text: '' });
    const vector = embedText(said ? embeddingText(said) : '', DIMENSIONS);
    await writeFile(kept, encodeVector(vector));
    vectors.push(vector);
  }
  await vision.stop();
  return vectors;
}
