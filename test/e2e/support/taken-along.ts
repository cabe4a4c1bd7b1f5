import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type * as schemas from '../../../shared/contract/schemas.ts';
import { readZip } from '../../support/zip.ts';

/** A photo as a download has it. */
export interface TakenAlong {
  image_id: string;
  file: string;
  /** Of the bytes in the zip, which is what the manifest says. */
  sha256: string;
  /** What is written beside it. */
  known: { filename: string; albums: object[] };
}

interface Manifest {
  images: { image_id: string; file: string; metadata: string; sha256: string }[];
}

/** Fetches and opens a download's zips; each must hold what its manifest says and nothing else. `read` is told all that is written in them. */
export async function unpack({ parts }: schemas.DownloadResult, read: (text: string) => void): Promise<TakenAlong[]> {
  const taken: TakenAlong[] = [];
  for (const { url, images } of parts) {
    const files = readZip(Buffer.from(await (await fetch(url ?? '')).bytes()));
    const content = new Map(files.map((file) => [file.name, file.content]));
    const manifest = JSON.parse(String(content.get('manifest.json'))) as Manifest;
    expect([manifest.images.length, files.length]).toEqual([images, 2 * images + 1]);
    for (const { image_id, file, metadata, sha256 } of manifest.images) {
      expect(
        createHash('sha256')
          .update(content.get(file) ?? '')
          .digest('hex'),
      ).toBe(sha256);
      taken.push({ image_id, file, sha256, known: JSON.parse(String(content.get(metadata))) });
    }
    for (const [name, bytes] of content) if (name.endsWith('.json')) read(String(bytes));
  }
  return taken;
}
