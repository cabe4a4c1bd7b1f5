import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readMetadata } from '../../shared/imaging/metadata.ts';
import { photos, photosThere } from '../fixtures/real-photos.ts';

/** What an independent reader found, as it prints it; `null` is absent. */
interface Facts {
  camera_make: string | null;
  camera_model: string | null;
  orientation: string | null;
  datetime_original: string | null;
  iso: string | null;
  exposure_time: string | null;
  f_number: string | null;
  focal_length: string | null;
  lens_model: string | null;
  gps: { lat: number; lon: number } | null;
}
type FactName = keyof Facts;

const FOLDER = 'facts';
const DEGREES = 0.0001;
const ONE_PERCENT = 0.01;

/**
 * Where we differ on purpose, and why. The bytes were looked at. Agreement is not truth: the FinePix S1Pro and S2Pro files hold rationals
 * in the other byte order than the rest of their EXIF, so that f/16 is read as f/0.6 by both.
 */
const EXCEPTIONS: Readonly<Record<string, Partial<Record<FactName, string>>>> = {
  'Apple iPhone 4.jpg': { focal_length: '77/20 in the file is 3.85 mm; the reader prints one decimal, 3.9 mm' },
  'FLIR.jpg': { camera_model: 'an empty string says nothing: absent' },
  'FujiFilm DX-5.jpg': { datetime_original: 'blanks between colons, a clock that was never set: absent' },
  'Olympus C860L.jpg': { datetime_original: 'zeros, a clock that was never set: absent' },
  'FujiFilm FinePixS1Pro (1).jpg': {
    iso: '0 is no sensitivity: absent',
    focal_length: '0/16777216 is no focal length: absent',
  },
  'FujiFilm FinePixS1Pro (2).jpg': { iso: '0 is no sensitivity: absent' },
  'FujiFilm FinePixS1Pro (3).jpg': { iso: '0 is no sensitivity: absent' },
  'FujiFilm FinePixS2Pro.jpg': { iso: '0 is no sensitivity: absent' },
  'Nikon D5000.jpg': { lens_model: 'aux:Lens in its XMP, which this reader does not look at' },
  'Sony DSC-HX5V (2).jpg': { focal_length: '425/100 in the file is 4.25 mm; the reader prints one decimal, 4.3 mm' },
  'issue 121.jpg': { datetime_original: 'xmp:CreateDate, which this reader does not look at' },
};

const near = (ours: number, theirs: number, tolerance: number) => Math.abs(ours - theirs) <= tolerance;

/** What is absent is not equal to anything, not even to 0. */
const within = (ours: number | undefined, theirs: number) =>
  ours !== undefined && near(ours, theirs, ONE_PERCENT * theirs);

/** `1/15 sec`, `0.04 sec`, `512/8809 sec` */
function seconds(printed: string): number {
  const [numerator, denominator = 1] = printed.replace(' sec', '').split('/').map(Number);
  return (numerator as number) / denominator;
}

const ORIENTATIONS: Readonly<Record<string, number>> = {
  'Top, left side (Horizontal / normal)': 1,
  'Right side, top (Rotate 90 CW)': 6,
  'Left side, bottom (Rotate 270 CW)': 8,
};

type Ours = ReturnType<typeof readMetadata>['metadata'];

/** Whether ours is what the reader printed; both are there. */
const EQUAL: { [Name in FactName]: (ours: Ours, theirs: NonNullable<Facts[Name]>) => boolean } = {
  camera_make: (ours, theirs) => ours.camera_make === theirs.trim(),
  camera_model: (ours, theirs) => ours.camera_model === theirs.trim(),
  lens_model: (ours, theirs) => ours.lens_model === theirs.trim(),
  orientation: (ours, theirs) => ours.orientation === ORIENTATIONS[theirs],
  datetime_original: (ours, theirs) =>
    ours.datetime_original === theirs.replace(/^(\d{4}):(\d{2}):(\d{2}) (.*)$/, '$1-$2-$3T$4'),
  iso: (ours, theirs) => ours.iso === Number(theirs),
  exposure_time: ({ exposure_seconds }, theirs) => within(exposure_seconds, seconds(theirs)),
  // It prints one decimal.
  f_number: ({ f_number }, theirs) => f_number !== undefined && `f/${f_number.toFixed(1)}` === theirs,
  focal_length: ({ focal_length }, theirs) => within(focal_length, Number.parseFloat(theirs)),
  gps: ({ gps }, theirs) =>
    gps !== undefined && near(gps.lat, theirs.lat, DEGREES) && near(gps.lon, theirs.lon, DEGREES),
};

const NAMES = Object.keys(EQUAL) as FactName[];

function ourFact(ours: Ours, name: FactName): unknown {
  return name === 'exposure_time' ? ours.exposure_seconds : ours[name];
}

/** Every fact in which we and the reader differ, in both directions. */
function differences(file: string, theirs: Facts): string[] {
  const ours = readMetadata(readFileSync(photos(FOLDER, file))).metadata;
  return NAMES.filter((name) => {
    const fact = theirs[name];
    if (fact === null) return ourFact(ours, name) !== undefined;
    return !(EQUAL[name] as (ours: Ours, theirs: unknown) => boolean)(ours, fact);
  });
}

describe.skipIf(!photosThere(FOLDER))('facts of an independent reader', () => {
  const facts = JSON.parse(readFileSync(photos('facts.json'), 'utf8')) as Record<string, Facts>;

  test.each(Object.entries(facts))('%s', (file, theirs) => {
    expect(differences(file, theirs)).toEqual(NAMES.filter((name) => EXCEPTIONS[file]?.[name] !== undefined));
  });

  test('no exception is left over', () => {
    expect(Object.keys(facts)).toEqual(expect.arrayContaining(Object.keys(EXCEPTIONS)));
  });

  test('there are facts to compare', () => {
    const found = Object.values(facts).flatMap((theirs) => NAMES.filter((name) => theirs[name] !== null));
    expect(found.length).toBeGreaterThan(250);
  });
});
