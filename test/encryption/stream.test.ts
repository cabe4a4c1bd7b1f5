import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { cipherOf, newCipher } from '../../shared/adapters/encryption/cipher.ts';
import { createOpening, openWhole } from '../../shared/adapters/encryption/open.ts';
import { createSealing, sealWhole } from '../../shared/adapters/encryption/seal.ts';
import {
  DamagedObject,
  headerBytes,
  layoutOf,
  SCHEME,
  type Scheme,
} from '../../shared/adapters/encryption/segments.ts';

const NAME = 'originals/ada/1';
const KEY = Buffer.alloc(32, 7);
/** With segments of 8, 48, 48, … bytes of content, so that few bytes have many borders. */
const SMALL: Scheme = { ...SCHEME, segmentBytes: 64 };

/** Bytes that only depend on the seed. */
function noise(length: number, seed = ''): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, n) =>
    createHash('sha256').update(`${seed}:${n}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}
const pieces = (bytes: Buffer, size: number) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size)),
    { objectMode: false },
  );

const seal = (content: Buffer, { scheme = SMALL, name = NAME, seed = 'salt' } = {}) =>
  sealWhole(
    newCipher(KEY, name, (bytes) => noise(bytes, seed), scheme),
    content,
    scheme,
  );

const openAll = (stored: Buffer, { scheme = SMALL, name = NAME, key = KEY } = {}) =>
  openWhole(stored, cipherOf(key, name, stored.subarray(0, headerBytes(scheme)), scheme), scheme);

/** A slice as it is streamed, and everything that came out before it failed. */
async function openSlice(stored: Buffer, from: number, to: number, { scheme = SMALL, size = 37 } = {}) {
  const out: Buffer[] = [];
  const answer = () => Buffer.concat(out);
  try {
    const layout = layoutOf(stored.length, scheme);
    const first = layout.storedAt(layout.segmentAt(from)).from;
    const last = layout.storedAt(layout.segmentAt(to)).to;
    const cipher = cipherOf(KEY, NAME, stored.subarray(0, headerBytes(scheme)), scheme);
    await pipeline(
      pieces(stored.subarray(first, last + 1), size),
      createOpening(cipher, layout, { from, to }),
      async (opened) => {
        for await (const chunk of opened) out.push(chunk);
      },
    );
    return { content: answer(), error: undefined };
  } catch (error) {
    return { content: answer(), error };
  }
}

describe('the format', () => {
  // The one vector of Tink's cross-language tests (test_manually_created_test_vector).
  const scheme: Scheme = { keyBytes: 16, hash: 'sha1', segmentBytes: 64 };
  const key = Buffer.from('6eb56cdc726dfbe5d57f2fcdc6e9345b', 'hex');
  const content = Buffer.from(
    'This is a fairly long plaintext. It is of the exact length to create three output blocks. ',
  );
  const header = '1893b3af5e14ab378d065addfc8484da642c0862877baea8';
  const stored = Buffer.from(
    [
      header,
      'db92d9c77406a406168478821c4298eab3e6d531277f4c1a051714faebcaefcbca7b7be05e9445ea',
      'a0bb2904153398a25084dd80ae0edcd1c3079fcea2cd3770630ee36f7539207b8ec9d754956d486b71cdf989f0ed6fba6779b63558be0a66e668df14e1603cd2',
      'af8944844078345286d0b292e772e7190775c51a0f83e40c0b75821027e7e538e111',
    ].join(''),
    'hex',
  );

  test('is Tink’s, byte for byte, both ways', () => {
    const random = () => Buffer.from(header, 'hex').subarray(1);
    expect(sealWhole(newCipher(key, 'aad', random, scheme), content, scheme)).toEqual(stored);
    expect(openAll(stored, { scheme, name: 'aad', key })).toEqual(content);
  });

  test('takes 56 bytes and 16 more for each segment', () => {
    expect([0, 1, 65_480, 65_481, 131_000].map((length) => seal(noise(length), { scheme: SCHEME }).length)).toEqual([
      56, 57, 65_536, 65_553, 131_072,
    ]);
  });
});

describe('what is encrypted', () => {
  test.each([0, 1, 7, 8, 9, 55, 56, 57, 103, 104, 105, 1_000])('comes back: %i bytes', async (length) => {
    const content = noise(length);
    const stored = seal(content);
    expect(layoutOf(stored.length, SMALL).bytes).toBe(length);
    expect(openAll(stored)).toEqual(content);
    for (const size of [1, 13, 64, 5_000]) {
      const sealing = createSealing(
        newCipher(KEY, NAME, (bytes) => noise(bytes, 'salt'), SMALL),
        SMALL,
      );
      expect(await buffer(pieces(content, size).pipe(sealing))).toEqual(stored);
      expect(await openSlice(stored, 0, length - 1, { size })).toEqual({ content, error: undefined });
    }
  });

  test('comes back at the borders of real segments', async () => {
    for (const length of [65_479, 65_480, 65_481, 130_999, 131_000, 131_001]) {
      const stored = seal(noise(length), { scheme: SCHEME });
      expect(openAll(stored, { scheme: SCHEME }).equals(noise(length))).toBe(true);
    }
  });

  test('comes back in every slice there is', async () => {
    const content = noise(120);
    const stored = seal(content);
    for (let from = 0; from < 120; from += 1) {
      for (let to = from; to < 120; to += from % 8 === 0 ? 1 : 11) {
        const answer = await openSlice(stored, from, to);
        expect(answer.error).toBeUndefined();
        expect(answer.content.equals(content.subarray(from, to + 1))).toBe(true);
      }
    }
  });

  test('is another thing each time, though the content is the same', () => {
    const content = noise(500);
    const [one, two] = [seal(content, { seed: 'one' }), seal(content, { seed: 'two' })];
    for (let at = 0; at + 16 <= one.length; at += 16) expect(two.includes(one.subarray(at, at + 16))).toBe(false);
  });
});

describe('of what is not as it was stored', () => {
  const content = noise(300);
  const stored = seal(content);
  const segments = [64, 128, 192, 256, 320].map((end) => stored.subarray(end - 64, end));

  /** Nothing that is not the beginning of the content comes out, and it does not end well. */
  async function refused(altered: Buffer): Promise<number> {
    const length = (() => {
      try {
        return layoutOf(altered.length, SMALL).bytes;
      } catch (error) {
        expect(error).toBeInstanceOf(DamagedObject);
        return 1;
      }
    })();
    const { content: out, error } = await openSlice(altered, 0, length - 1);
    expect(error).toBeInstanceOf(DamagedObject);
    expect(content.subarray(0, out.length).equals(out)).toBe(true);
    expect(() => openAll(altered)).toThrow(DamagedObject);
    return out.length;
  }

  test('no byte comes out where any byte is altered, from its segment on', async () => {
    for (let at = 0; at < stored.length; at += 1) {
      const altered = Buffer.from(stored);
      altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8));
      const border = at < 40 ? 0 : layoutOf(stored.length, SMALL).startOf(Math.floor(at / 64));
      expect(await refused(altered)).toBeLessThanOrEqual(border);
    }
  });

  test('none comes out whole that is cut off anywhere', async () => {
    for (let length = 0; length < stored.length; length += 1) await refused(stored.subarray(0, length));
  });

  test('none comes out whole that is longer', async () => {
    for (const more of [1, 16, 17, 64, 200]) await refused(Buffer.concat([stored, noise(more)]));
    await refused(Buffer.concat([stored, stored.subarray(-64)]));
  });

  test('none comes out that is reordered, doubled or left out', async () => {
    const [a, b, c, ...rest] = segments as [Buffer, Buffer, Buffer, ...Buffer[]];
    const end = stored.subarray(320);
    for (const order of [
      [a, c, b, ...rest, end],
      [a, b, b, ...rest, end],
      [a, c, ...rest, end],
      [b, a, c, ...rest, end],
    ]) {
      await refused(Buffer.concat(order));
    }
  });

  test('none comes out that is another object’s, whole or in part', async () => {
    await refused(seal(content, { name: 'originals/ada/2' }));
    const other = seal(noise(300, 'other'), { seed: 'other salt' });
    await refused(Buffer.concat([stored.subarray(0, 128), other.subarray(128)]));
    await refused(Buffer.concat([other.subarray(0, 40), stored.subarray(40)]));
    expect(() => openAll(stored, { key: Buffer.alloc(32, 8) })).toThrow(DamagedObject);
  });

  test('a source that stops early, or goes on, is not taken for the end', async () => {
    const layout = layoutOf(stored.length, SMALL);
    const open = async (bytes: Buffer) => {
      const cipher = cipherOf(KEY, NAME, stored.subarray(0, 40), SMALL);
      const source = pieces(bytes, 50);
      await pipeline(source, createOpening(cipher, layout, { from: 0, to: 299 }), (out) => buffer(out));
    };
    await expect(open(stored.subarray(40, 320))).rejects.toThrow(DamagedObject);
    await expect(open(Buffer.concat([stored.subarray(40), Buffer.of(0)]))).rejects.toThrow(DamagedObject);
  });
});

test('of 50 MB no more than a few segments are held on the way through', async () => {
  const total = 50 * 1024 * 1024;
  const chunk = noise(256 * 1024);
  const sealing = createSealing(newCipher(KEY, NAME, (bytes) => noise(bytes)));
  const sealedBytes = total + 56 + 16 * Math.ceil((total - 65_480) / 65_520);
  const layout = layoutOf(sealedBytes);
  let given = 0;
  async function* source() {
    for (; given < total; given += chunk.length) yield chunk;
  }
  let opened = 0;
  let most = 0;
  const opening = createOpening(cipherOf(KEY, NAME, newCipher(KEY, NAME, (bytes) => noise(bytes)).header), layout, {
    from: 0,
    to: total - 1,
  });
  await pipeline(
    source,
    sealing,
    async function* withoutHeader(stored: AsyncIterable<Buffer>) {
      let left = 40;
      for await (const piece of stored) {
        const skipped = Math.min(left, piece.length);
        left -= skipped;
        yield piece.subarray(skipped);
      }
    },
    opening,
    async (content) => {
      for await (const piece of content) {
        opened += piece.length;
        most = Math.max(most, given - opened);
      }
    },
  );
  expect(opened).toBe(total);
  // The chunks that come in are of 256 KiB themselves.
  expect(most).toBeLessThan(2 * 1024 * 1024);
});
