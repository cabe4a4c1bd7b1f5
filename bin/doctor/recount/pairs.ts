import type { ColorBin } from '../../../shared/domain/image.ts';
import { looksSame, NEAR_DISTANCE } from '../../../shared/domain/near-duplicates.ts';
import { phashBands } from '../../../shared/domain/phash.ts';
import { type Finding, finding, type Item } from './finding.ts';
import { isKept, type Photo } from './photo.ts';

/** A photo has no more neighbours; which ones it has then depends on the order in which they came. */
const MOST_NEIGHBOURS = 50;
/** Of photos with a similar hash so many are looked at, so that pairs in a longer list may be missed. */
const CROWDED = 200;

/** Near-duplicates of one user, and what is spare for a better one. */
export function createPairsCheck(userId: string, photos: ReadonlyMap<string, Photo>) {
  const near = new Map<string, string>();
  const spare = new Map<string, number>();

  return {
    item(kind: string, { sk, distance, bytes }: Item): void {
      if (kind === 'NEAR') near.set(sk, String(distance));
      if (kind === 'SPARE') spare.set(sk.slice('SPARE#'.length), Number(bytes));
    },

    spares,

    findings(): Finding[] {
      return [...checkPairs(), ...checkSpares()].map((each) => ({
        ...each,
        says: `${userId}: ${each.says}`,
      }));
    },
  };

  function checkPairs(): Finding[] {
    const { expected, undecided } = pairsOf();
    const neighbours = Map.groupBy(expected.keys(), (sk) => sk.split('#')[1] ?? '');
    const isOpen = (sk: string) => {
      const [, one = '', other = ''] = sk.split('#');
      const full = [one, other].some((id) => (neighbours.get(id)?.length ?? 0) > MOST_NEIGHBOURS);
      return full || undecided.has(sk) || [one, other].some((id) => photos.get(id)?.underWay);
    };
    const of = (sk: string) =>
      sk
        .split('#')
        .slice(1, 2)
        .map((photo) => ({ photo }));
    const missing = [...expected].filter(([sk, bits]) => near.get(sk) !== bits && !isOpen(sk));
    const tooMany = [...near.keys()].filter((sk) => !expected.has(sk) && !isOpen(sk));
    return [
      ...missing.map(([sk, bits]) =>
        finding(
          'near-duplicates',
          `${pairIn(sk)} look the same (${bits} bits apart), but that is ${near.has(sk) ? `noted as ${near.get(sk)} bits` : 'not noted'}`,
          ...of(sk),
        ),
      ),
      ...tooMany.map((sk) =>
        finding(
          'near-duplicates',
          `${pairIn(sk)} are noted as near-duplicates, but are none`,
          { stray: sk },
          ...of(sk),
        ),
      ),
    ];
  }

  /** Every two photos that look the same and share a part of their hashes; both ways. */
  function pairsOf() {
    const shown = [...photos.values()].filter((photo) => isKept(photo) && photo.phash !== undefined);
    const hashes = shown.map(({ phash = '' }) => [
      Number.parseInt(phash.slice(0, 8), 16),
      Number.parseInt(phash.slice(8), 16),
    ]);
    const bands = new Map<string, number[]>();
    for (const [index, { phash = '' }] of shown.entries())
      for (const band of new Set(phashBands(phash))) {
        const list = bands.get(band) ?? [];
        list.push(index);
        bands.set(band, list);
      }
    const expected = new Map<string, string>();
    const undecided = new Set<string>();
    for (const list of bands.values()) {
      for (const [at, one] of list.entries()) {
        for (const other of list.slice(at + 1)) {
          const bits = bitsApart(hashes[one] as number[], hashes[other] as number[]);
          if (bits > NEAR_DISTANCE) continue;
          const [first, second] = [shown[one] as Photo, shown[other] as Photo];
          const keys = [`NEAR#${first.image_id}#${second.image_id}`, `NEAR#${second.image_id}#${first.image_id}`];
          if (expected.has(keys[0] as string)) continue;
          if (!looksSame(looksOf(first), looksOf(second))) continue;
          for (const key of keys) {
            if (list.length > CROWDED) undecided.add(key);
            else expected.set(key, String(bits));
          }
        }
      }
    }
    return { expected, undecided };
  }

  /** Photos that have a neighbour with more pixels, or as many and more bytes, or as many of both and an earlier id. */
  function spares(): { image_id: string; bytes: number }[] {
    const outdone = new Map<string, number>();
    for (const sk of near.keys()) {
      const [, id = '', otherId = ''] = sk.split('#');
      const [photo, other] = [photos.get(id), photos.get(otherId)];
      if (photo && other && isBetter(other, photo)) outdone.set(id, photo.original_bytes ?? 0);
    }
    return [...outdone].map(([image_id, bytes]) => ({ image_id, bytes }));
  }

  function checkSpares(): Finding[] {
    const expected = new Map(spares().map(({ image_id, bytes }) => [image_id, bytes]));
    const missing = [...expected].filter(([id, bytes]) => spare.get(id) !== bytes);
    const tooMany = [...spare.keys()].filter((id) => !expected.has(id));
    return [
      ...missing.map(([id, bytes]) =>
        finding(
          'near-duplicates',
          `image ${id} is the lesser of near-duplicates, but not noted as spare with ${bytes} bytes`,
          { photo: id },
          'counters',
        ),
      ),
      ...tooMany.map((id) =>
        finding(
          'near-duplicates',
          `image ${id} is noted as spare, but is not`,
          { stray: `SPARE#${id}` },
          { photo: id },
          'counters',
        ),
      ),
    ];
  }
}

const pairIn = (sk: string) => `images ${sk.split('#').slice(1, 3).join(' and ')}`;

const looksOf = ({ phash, color_bins, width, height }: Photo) => ({
  ...(phash !== undefined && { phash }),
  ...(width !== undefined && { width }),
  ...(height !== undefined && { height }),
  color_bins: JSON.parse(color_bins) as ColorBin[],
});

function isBetter(one: Photo, other: Photo): boolean {
  const [pixels, otherPixels] = [one, other].map(({ width = 0, height = 0 }) => width * height) as [number, number];
  const [bytes, otherBytes] = [one.bytes ?? 0, other.bytes ?? 0];
  if (pixels !== otherPixels) return pixels > otherPixels;
  return bytes === otherBytes ? one.image_id < other.image_id : bytes > otherBytes;
}

/** In how many bits two hashes differ, each as two numbers of 32 bits. */
const bitsApart = ([a = 0, b = 0]: readonly number[], [c = 0, d = 0]: readonly number[]): number =>
  bitsSet(a ^ c) + bitsSet(b ^ d);

/** Of 32 bits, those that are 1: pairs, fours, eights are added side by side (Warren, Hacker's Delight, 5-1). */
function bitsSet(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
