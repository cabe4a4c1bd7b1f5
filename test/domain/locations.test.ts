import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  boxOf,
  CITY_CELL,
  COUNTRY_CELL,
  cellsOf,
  cityKey,
  cityNamed,
  countryKey,
  countryNamed,
} from '../../shared/domain/locations.ts';
import { changeSums, type Sums } from '../../shared/domain/tallies.ts';

const position = fc.record({
  lat: fc.double({ min: -90, max: 90, noNaN: true }),
  lon: fc.double({ min: -180, max: 180, noNaN: true }),
});
const at = (gps: { lat: number; lon: number }) => ({ metadata: { gps } });
const tally = (positions: readonly { lat: number; lon: number }[], size: number) =>
  positions.reduce<Sums>((sums, gps) => changeSums(sums, cellsOf(at(gps), size), 1), {});

describe('a box', () => {
  test('holds every position, and none is farther from its edge than a cell', () => {
    fc.assert(
      fc.property(
        fc.array(position, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(COUNTRY_CELL, CITY_CELL),
        (all, size) => {
          const box = boxOf(tally(all, size), size);
          if (!box) throw new Error('Expected a box');
          const { south, west, north, east } = box;
          const about = 1e-9;
          for (const { lat, lon } of all) {
            expect(lat).toBeGreaterThanOrEqual(south - about);
            expect(lat).toBeLessThanOrEqual(north + about);
            const [from, to] = [lon >= west - about, lon <= east + about];
            expect(west < east ? from && to : from || to).toBe(true);
          }
          expect(Math.min(...all.map(({ lat }) => lat)) - south).toBeLessThanOrEqual(size + about);
          expect(north - Math.max(...all.map(({ lat }) => lat))).toBeLessThanOrEqual(size + about);
        },
      ),
    );
  });

  test('shrinks when the photo at its edge goes, and is none without photos', () => {
    const [here, there] = [
      { lat: 38.7, lon: -9.1 },
      { lat: 41.2, lon: -8.6 },
    ];
    const both = tally([here, there], COUNTRY_CELL);
    expect(boxOf(both, COUNTRY_CELL)).toEqual({ south: 38, west: -10, north: 42, east: -8 });
    const one = changeSums(both, cellsOf(at(there), COUNTRY_CELL), -1);
    expect(boxOf(one, COUNTRY_CELL)).toEqual({ south: 38, west: -10, north: 39, east: -9 });
    expect(boxOf(changeSums(one, cellsOf(at(here), COUNTRY_CELL), -1), COUNTRY_CELL)).toBeNull();
  });

  test('leaves out what is no position', () => {
    for (const [lat, lon] of [
      [91, 0],
      [0, 181],
      [Number.NaN, 0],
    ] as const)
      expect(cellsOf(at({ lat, lon }), COUNTRY_CELL)).toEqual({});
  });
});

describe('names in keys', () => {
  test.each([
    [{ country_code: 'pt', country: 'anything' }, 'PT', 'Portugal'],
    [{ country: 'united kingdom' }, 'GB', 'United Kingdom'],
    [{ country: 'Germany' }, 'DE', 'Germany'],
    [{ country: 'Narnia#1' }, 'Narnia＃1', 'Narnia＃1'],
    [{}, '-', null],
  ])('%o is the country %s', (place, key, country) => {
    expect(countryKey(place)).toBe(key);
    expect(countryNamed(key).country).toBe(country);
    // What was answered can be asked for.
    expect(countryKey({ country: key })).toBe(key);
  });

  test('a city stays itself in its region, and no name is too long for a key', () => {
    expect(cityNamed(cityKey({ city: 'Springfield', region: 'Ohio' }) ?? '')).toEqual({
      city: 'Springfield',
      region: 'Ohio',
    });
    expect(cityNamed(cityKey({ city: 'Porto' }) ?? '')).toEqual({ city: 'Porto', region: null });
    expect(cityKey({ region: 'Ohio' })).toBeNull();
    const long = '𝒳'.repeat(100);
    const key = `TALLY#CITY#${countryKey({ country: long })}#${cityKey({ city: long, region: long })}`;
    expect(Buffer.byteLength(key)).toBeLessThan(1_024);
  });
});
