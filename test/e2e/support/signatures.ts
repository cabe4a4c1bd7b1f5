/** What files are known by. `at`: only there; elsewhere, what is looked for anywhere is too long for chance to have written it. */
const SIGNATURES: readonly { name: string; bytes: Buffer; at?: number }[] = [
  { name: 'JPEG', bytes: Buffer.from('ffd8ff', 'hex'), at: 0 },
  { name: 'JPEG', bytes: Buffer.from('ffd8ffe000104a464946', 'hex') },
  { name: 'JPEG', bytes: Buffer.from('JFIF\0') },
  { name: 'PNG', bytes: Buffer.from('89504e470d0a1a0a', 'hex') },
  { name: 'WebP', bytes: Buffer.from('WEBPVP8') },
  { name: 'TIFF', bytes: Buffer.from('II*\0'), at: 0 },
  { name: 'TIFF', bytes: Buffer.from('MM\0*'), at: 0 },
  { name: 'TIFF', bytes: Buffer.from('II*\0\x08\0\0\0', 'latin1') },
  { name: 'TIFF', bytes: Buffer.from('MM\0*\0\0\0\x08', 'latin1') },
  { name: 'HEIC', bytes: Buffer.from('ftyp'), at: 4 },
  { name: 'EXIF', bytes: Buffer.from('Exif\0\0') },
  { name: 'XMP', bytes: Buffer.from('http://ns.adobe.com/xap') },
  { name: 'ICC', bytes: Buffer.from('ICC_PROFILE\0') },
  { name: 'zip', bytes: Buffer.from('PK\x03\x04', 'latin1'), at: 0 },
];

/** The names of all that a file shows itself to be, or to hold. */
export function signaturesIn(file: Buffer): string[] {
  const found = SIGNATURES.filter(({ bytes, at }) => {
    return at === undefined ? file.includes(bytes) : file.subarray(at, at + bytes.length).equals(bytes);
  });
  return [...new Set(found.map(({ name }) => name))];
}
