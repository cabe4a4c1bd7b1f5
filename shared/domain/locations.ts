import type { ImageRecord, Place } from './image.ts';
import type { Sums } from './tallies.ts';

/** Degrees a cell of a country's tally, and of a city's, is wide and high. */
export const COUNTRY_CELL = 1;
export const CITY_CELL = 0.1;

/** A rectangle on the map, degrees; where it crosses the 180th meridian, `west` is greater than `east` (RFC 7946). */
export interface MapBox {
  south: number;
  west: number;
  north: number;
  east: number;
}

/** Of a name only so many characters stand in a key, which has 1,024 bytes for all of them. */
const LONGEST_NAME = 60;
/** What a key says of a country nobody named. */
export const NO_COUNTRY = '-';

const englishNames = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
let codes: ReadonlyMap<string, string> | undefined;

/** The country as tallies know it: its code, also where only its English name is given; else its name; else {@link NO_COUNTRY}. */
export function countryKey({ country_code, country }: Pick<Place, 'country_code' | 'country'>): string {
  if (country_code) return country_code.toUpperCase();
  const name = inKey(country);
  return codeOf(name) ?? (name || NO_COUNTRY);
}

/** What {@link countryKey} made, as people read it. */
export function countryNamed(key: string): { country: string | null; country_code: string | null } {
  if (key === NO_COUNTRY) return { country: null, country_code: null };
  return /^[A-Z]{2}$/.test(key)
    ? { country: englishNames.of(key) ?? key, country_code: key }
    : { country: key, country_code: null };
}

/** The city and its region as one part of a key; `null` where no city is named. */
export function cityKey({ city, region }: Pick<Place, 'city' | 'region'>): string | null {
  return city ? `${inKey(city)}#${inKey(region)}` : null;
}

/** What {@link cityKey} made, as people read it. */
export function cityNamed(key: string): { city: string; region: string | null } {
  const [city = '', region] = key.split('#');
  return { city, region: region || null };
}

/**
 * The row and the column of cells (`lat:38`, `lon:-10`: their lower bounds over `size`) a photo lies in. Counted apart, they are a few
 * thousand numbers at the most, however many photos there are.
 */
export function cellsOf({ metadata }: Pick<ImageRecord, 'metadata'>, size: number): Record<string, 1> {
  const gps = metadata?.gps;
  if (!gps || !isPosition(gps)) return {};
  const cell = (degrees: number, most: number) => Math.min(Math.floor(degrees / size), Math.round(most / size) - 1);
  return { [`lat:${cell(gps.lat, 90)}`]: 1, [`lon:${cell(gps.lon, 180)}`]: 1 };
}

/** The smallest box of whole cells around all photos of a tally; `null` where no position of any is known. */
export function boxOf(sums: Sums, size: number): MapBox | null {
  const rows = numbersOf(sums, 'lat:');
  const columns = numbersOf(sums, 'lon:');
  const [south, north] = [rows[0], rows.at(-1)];
  if (south === undefined || north === undefined || columns.length === 0) return null;
  const degrees = (cell: number) => Math.round(cell * size * 10) / 10;
  const { west, east } = shortestArc(columns, Math.round(360 / size));
  return { south: degrees(south), west: degrees(west), north: degrees(north + 1), east: degrees(east + 1) };
}

/** The arc around the earth that holds all columns: what is left of the circle without its widest gap. */
function shortestArc(columns: readonly number[], around: number): { west: number; east: number } {
  const [first = 0] = columns;
  let arc = { west: first, east: columns.at(-1) ?? first };
  let widest = first + around - arc.east;
  for (const [index, west] of columns.entries()) {
    const before = columns[index - 1];
    if (before === undefined || west - before <= widest) continue;
    widest = west - before;
    arc = { west, east: before };
  }
  return arc;
}

function numbersOf(sums: Sums, prefix: string): number[] {
  const names = Object.keys(sums).filter((name) => name.startsWith(prefix));
  return names.map((name) => Number(name.slice(prefix.length))).sort((one, other) => one - other);
}

function isPosition({ lat, lon }: { lat: number; lon: number }): boolean {
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
}

/** A name as part of a key: `#` divides those. */
function inKey(name = ''): string {
  return [...name.replaceAll('#', '＃')].slice(0, LONGEST_NAME).join('');
}

function codeOf(name: string): string | undefined {
  codes ??= new Map(
    letterPairs().flatMap((code): [string, string][] => {
      const named = englishNames.of(code);
      // Codes of former times go by the names of today.
      const isCurrent = new Intl.Locale('und', { region: code }).region === code;
      return named === undefined || !isCurrent ? [] : [[named.toLowerCase(), code]];
    }),
  );
  return codes.get(name.toLowerCase());
}

function letterPairs(): string[] {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  return letters.flatMap((one) => letters.map((other) => one + other));
}
