/** Side of the square of luminance a hash is made of. */
export const PHASH_SIDE = 32;

/**
 * The 64 lowest frequencies of the two-dimensional cosine transform, lowest first, without the mean. `sign`: which sign makes a 1.
 * It alternates among the frequencies a gradient is made of, so that gradients of any direction leave a trace in the hash.
 */
const FREQUENCIES = Array.from({ length: 256 }, (_, index) => ({ u: index % 16, v: index >> 4 }))
  .slice(1)
  .sort((x, y) => x.u ** 2 + x.v ** 2 - y.u ** 2 - y.v ** 2 || x.u - y.u)
  .slice(0, 64)
  .map(({ u, v }) => ({ u, v, sign: ((u + v) >> 1) % 2 === 0 ? 1 : -1 }));

const COSINES = Array.from({ length: Math.max(...FREQUENCIES.map(({ u }) => u)) + 1 }, (_, frequency) =>
  Float64Array.from({ length: PHASH_SIDE }, (_, x) => Math.cos((Math.PI / PHASH_SIDE) * frequency * (x + 0.5))),
);

/** Mean amplitude (of luminance 0–255) up to which a frequency counts as absent: what rounding and compression leave behind. */
const NOISE = 0.1;

/** Six lists of ten bits: the four highest frequencies, which change most easily, are in none. */
const BANDS = 6;
const BAND_BITS = 10;

/**
 * The 64-bit perceptual hash of a picture, 16 hex digits: for each of the 64 lowest frequencies of its cosine transform its
 * sign (a DCT hash after Zauner 2010, with the lowest frequencies in place of a square of them, and zero in place of the median, so
 * that no bit depends on another frequency). Frequencies that are absent are 0: half of the bits of a photo are 1, few of a gradient,
 * none of an even picture.
 *
 * `luminance`: {@link PHASH_SIDE}² values 0–255, row by row, of the whole picture squeezed into a square. Throws RangeError for
 * another length.
 */
export function phashOf(luminance: ArrayLike<number>): string {
  const expected = PHASH_SIDE ** 2;
  if (luminance.length !== expected) {
    throw new RangeError(`Expected ${expected} luminances, received ${luminance.length}.`);
  }
  const rows = COSINES.map((cosine) => {
    const row = new Float64Array(PHASH_SIDE);
    for (let y = 0; y < PHASH_SIDE; y += 1) {
      let sum = 0;
      for (let x = 0; x < PHASH_SIDE; x += 1) sum += luminance[y * PHASH_SIDE + x]! * cosine[x]!;
      row[y] = sum;
    }
    return row;
  });
  const bits = FREQUENCIES.map(({ u, v, sign }) => {
    let sum = 0;
    for (let y = 0; y < PHASH_SIDE; y += 1) sum += rows[u]![y]! * COSINES[v]![y]!;
    return (sign * sum) / expected > NOISE ? '1' : '0';
  });
  return BigInt(`0b${bits.join('')}`)
    .toString(16)
    .padStart(16, '0');
}

/** In how many bits two hashes differ, 0–64: about 32 where the pictures have nothing to do with each other. */
export function hamming(first: string, second: string): number {
  let count = 0;
  for (let differing = BigInt(`0x${first}`) ^ BigInt(`0x${second}`); differing > 0n; differing &= differing - 1n) {
    count += 1;
  }
  return count;
}

/**
 * The posting lists a hash is in, and in which those near it are found: six times ten bits, each with its position before it.
 * Hashes that differ in at most 5 bits always share a list; those of copies of photos that differ in up to 12 nearly always do.
 * In a gallery of 10,000 different photos a list holds about 13.
 */
export function phashBands(hash: string): string[] {
  const bits = BigInt(`0x${hash}`).toString(2).padStart(64, '0');
  return Array.from({ length: BANDS }, (_, band) => {
    const value = Number.parseInt(bits.slice(band * BAND_BITS, (band + 1) * BAND_BITS), 2);
    return `${band}${value.toString(16).padStart(3, '0')}`;
  });
}
