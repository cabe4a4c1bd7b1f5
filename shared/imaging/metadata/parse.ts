import ExifReader, { type ExpandedTags } from 'exifreader';
import { MeteredView } from './metered-view.ts';
import { readXmp } from './xmp.ts';

/** What a file says, by group (`exif`, `iptc`, `xmp`, …), as exifreader names groups and tags. */
export type TagGroups = Omit<ExpandedTags, 'xmp'> & { xmp?: Readonly<Record<string, unknown>> };

/**
 * Not read: XMP, because it is found by scanning (see xmp.ts); the lists of embedded pictures and the values made of other values; and
 * the layers that Photoshop keeps in TIFF files, which may be larger than the picture.
 */
const EXCLUDED = { xmp: true, mpf: true, photoshop: true, composite: true, exif: ['ImageSourceData'] } as const;

/**
 * Reads all groups of tags. Never throws, and its work is bounded whatever the file claims: what cannot be read is absent.
 * `bytes` are not changed.
 */
export function parseTags(bytes: Uint8Array): TagGroups {
  const { xmp: _excluded, ...groups } = attempt(() => load(bytes)) ?? {};
  const xmp = attempt(() => readXmp(bytes));
  return xmp ? { ...groups, xmp } : groups;
}

function load(bytes: Uint8Array): ExpandedTags {
  return ExifReader.loadView(MeteredView.over(bytes), {
    expanded: true,
    excludeTags: { ...EXCLUDED, exif: [...EXCLUDED.exif] },
  });
}

/** Broken metadata is absent metadata: it must not cost anybody the photo. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
