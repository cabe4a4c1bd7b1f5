import type { Raster } from './raster.ts';

const ENTRY_BYTES = 12;
const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;
type Entry = [tag: number, type: number, count: number, value: number];

/**
 * An uncompressed TIFF file of 8-bit pixels and the ICC profile they are meant in: the plainest way to hand both to a decoder that
 * converts colours (TIFF 6.0; tag 34675 is ICC.1, annex B.4).
 */
export function tiffWithProfile({ data, width, height, channels }: Raster, icc: Uint8Array): Buffer {
  const pixels = 8;
  const bits = even(pixels + data.length);
  const profile = bits + channels * 2;
  const directory = even(profile + icc.length);
  // Tags in ascending order: each a type, how many values, and the value or where the values are.
  const entries: Entry[] = [
    [256, LONG, 1, width],
    [257, LONG, 1, height],
    [258, SHORT, channels, bits],
    [259, SHORT, 1, 1],
    [262, SHORT, 1, 2],
    [273, LONG, 1, pixels],
    [277, SHORT, 1, channels],
    [278, LONG, 1, height],
    [279, LONG, 1, data.length],
    [284, SHORT, 1, 1],
    [34675, UNDEFINED, icc.length, profile],
  ];
  // What the fourth sample is: transparency, not premultiplied.
  if (channels === 4) entries.splice(-1, 0, [338, SHORT, 1, 2]);
  const file = Buffer.alloc(directory + 2 + entries.length * ENTRY_BYTES + 4);
  file.write('II*\0', 0, 'latin1');
  file.writeUInt32LE(directory, 4);
  file.set(data, pixels);
  for (let channel = 0; channel < channels; channel += 1) file.writeUInt16LE(8, bits + channel * 2);
  file.set(icc, profile);
  file.writeUInt16LE(entries.length, directory);
  entries.forEach(([tag, type, count, value], index) => {
    const at = directory + 2 + index * ENTRY_BYTES;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(count, at + 4);
    if (type === SHORT && count === 1) file.writeUInt16LE(value, at + 8);
    else file.writeUInt32LE(value, at + 8);
  });
  return file;
}

const even = (offset: number) => offset + (offset % 2);
