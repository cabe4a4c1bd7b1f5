import { crc32 } from 'node:zlib';

export interface ZippedFile {
  name: string;
  content: Buffer;
  /** As the zip notes it: `YYYY-MM-DDTHH:MM:SS` on no particular clock, to two seconds. */
  modified: string;
}

/**
 * Reads a zip of uncompressed files by its central directory (APPNOTE.TXT 4.3), independently of what wrote it. Throws where sizes,
 * names or checksums do not agree.
 */
export function readZip(zip: Buffer): ZippedFile[] {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0) throw new Error('no end of central directory');
  const count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  const files: ZippedFile[] = [];
  for (let index = 0; index < count; index += 1) {
    if (zip.toString('latin1', at, at + 4) !== 'PK\x01\x02') throw new Error(`no entry ${index} in the directory`);
    if (zip.readUInt16LE(at + 10) !== 0) throw new Error('expected stored files only');
    const [checksum, size] = [zip.readUInt32LE(at + 16), zip.readUInt32LE(at + 24)];
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const local = zip.readUInt32LE(at + 42);
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    if (zip.toString('utf8', local + 30, local + 30 + nameLength) !== name) throw new Error(`two names of ${name}`);
    const content = zip.subarray(start, start + size);
    if (crc32(content) !== checksum) throw new Error(`the checksum of ${name} is wrong`);
    files.push({ name, content, modified: dosTime(zip.readUInt16LE(at + 14), zip.readUInt16LE(at + 12)) });
    at += 46 + nameLength + extra + comment;
  }
  if (at !== end) throw new Error('the directory does not end where it should');
  return files;
}

function dosTime(date: number, time: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${1980 + (date >> 9)}-${two((date >> 5) & 15)}-${two(date & 31)}`;
  return `${day}T${two(time >> 11)}:${two((time >> 5) & 63)}:${two((time & 31) * 2)}`;
}
