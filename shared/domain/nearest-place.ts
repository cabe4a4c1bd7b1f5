/** A populated place of GeoNames. */
export interface PopulatedPlace {
  name: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
  /** Country and first-level division, as GeoNames codes them; the division's name where it is known. */
  region_code: string;
  region: string | undefined;
  /** GeoNames' feature code: `PPL`, `PPLA` …, `PPLC` for capitals, `PPLX` for a section of a place. */
  kind: string;
  /** 0 where it is unknown. */
  population: number;
  lat: number;
  lon: number;
}

export type PlaceAtDistance = PopulatedPlace & { km: number };

/** Inhabitants of a square kilometre of built-up town, all over the world; the radius of a town follows. */
const DENSITY = 4_000;
/** Metropolises have suburbs with names of their own. */
const MOST_RADIUS_KM = 15;
/** Within a larger place, smaller ones than this are quarters and villages that it swallowed. */
const CITY_POPULATION = 50_000;
/** Sections of a place: quarters, and the numbered districts of some cities. */
const SECTIONS = new Set(['PPLX', 'PPLA5']);

/**
 * The place people would name for a position. `anchor` is the nearest place of any kind, and tells the country and the region; a capital
 * may be a region of its own. Of all others there, each town reaches as far as its inhabitants need room: where the position is inside
 * one or more cities, it is the one whose middle is relatively nearest; elsewhere, the place whose edge is.
 */
export function choosePlace(candidates: readonly PlaceAtDistance[], anchor: PlaceAtDistance): PlaceAtDistance {
  const eligible = candidates.filter(
    ({ country, region_code, kind }) =>
      country === anchor.country && (region_code === anchor.region_code || kind === 'PPLC') && !SECTIONS.has(kind),
  );
  const around = eligible.filter((place) => place.population >= CITY_POPULATION && place.km <= radius(place));
  return (
    least(around, (place) => place.km / radius(place)) ?? least(eligible, (place) => place.km - radius(place)) ?? anchor
  );
}

const radius = ({ population }: PopulatedPlace) =>
  Math.min(MOST_RADIUS_KM, Math.sqrt(population / (Math.PI * DENSITY)));

function least<T>(items: readonly T[], weigh: (item: T) => number): T | undefined {
  return items.reduce<T | undefined>(
    (best, item) => (best === undefined || weigh(item) < weigh(best) ? item : best),
    undefined,
  );
}
