import { describe, expect, test } from 'vitest';
import { createPlaces } from '../../shared/adapters/places.ts';

const places = createPlaces();

describe('the place people would name', () => {
  test.each([
    // A capital, not its quarters; a city, not the small town that lies nearer or around.
    ['Alfama', 38.7118, -9.13, 'Lisbon', 'Lisbon', 'PT'],
    ['Lisbon airport, 1.3 km from a parish', 38.774, -9.134, 'Lisbon', 'Lisbon', 'PT'],
    ['Belém, three times nearer to the middle of Algés', 38.6968, -9.2063, 'Lisbon', 'Lisbon', 'PT'],
    ['the Eiffel tower, nearer to Neuilly', 48.8584, 2.2945, 'Paris', 'Île-de-France', 'FR'],
    ['Kreuzberg', 52.4986, 13.4033, 'Berlin', 'State of Berlin', 'DE'],
    ['Bondi Beach', -33.8908, 151.2743, 'Sydney', 'New South Wales', 'AU'],
    [
      'the old port of Marseille, in its 2nd district',
      43.2951,
      5.3744,
      'Marseille',
      "Provence-Alpes-Côte d'Azur",
      'FR',
    ],
    // Cities beside larger ones keep their name.
    ['Versailles', 48.8049, 2.1204, 'Versailles', 'Île-de-France', 'FR'],
    ['Boulogne, inside the reach of Paris', 48.8352, 2.2409, 'Boulogne-Billancourt', 'Île-de-France', 'FR'],
    ['Jersey City, another state than New York', 40.7178, -74.0431, 'Jersey City', 'New Jersey', 'US'],
    ['Potsdam', 52.3989, 13.0657, 'Potsdam', 'Brandenburg', 'DE'],
    // Borders.
    ['Windsor, whose shore is nearer to Detroit', 42.3149, -83.0364, 'Windsor', 'Ontario', 'CA'],
    ['Detroit', 42.3314, -83.0458, 'Detroit', 'Michigan', 'US'],
    ['Kehl, across the Rhine from Strasbourg', 48.5724, 7.8153, 'Kehl', 'Baden-Wurttemberg', 'DE'],
    ['Weil am Rhein, beside Basel', 47.5948, 7.6108, 'Weil am Rhein', 'Baden-Wurttemberg', 'DE'],
    ['Niagara Falls, Canada', 43.0896, -79.0849, 'Niagara Falls', 'Ontario', 'CA'],
    // The countryside, and south and west.
    ['the Matterhorn', 45.9763, 7.6586, 'Zermatt', 'Valais', 'CH'],
    ['Uluru', -25.3444, 131.0369, 'Yulara', 'Northern Territory', 'AU'],
    ['Corcovado', -22.9519, -43.2105, 'Rio de Janeiro', 'Rio de Janeiro', 'BR'],
  ])('%s', async (_where, lat, lon, city, region, country_code) => {
    expect(await places.nearest(lat, lon)).toMatchObject({ city, region, country_code });
  });

  test('with the country’s name, and the distance to its middle', async () => {
    expect(await places.nearest(47.5596, 7.5886)).toEqual({
      city: 'Basel',
      region: 'Basel-City',
      country: 'Switzerland',
      country_code: 'CH',
      distance_km: 1.2,
    });
  });

  test('the date line is no border', async () => {
    const [east, west] = [await places.nearest(-16.8, 179.95), await places.nearest(-16.8, -179.95)];
    expect(east).toMatchObject({ city: 'Labasa', country: 'Fiji' });
    expect(west).toMatchObject({ city: 'Labasa', country: 'Fiji' });
  });

  test('more than 200 km from anywhere there is none', async () => {
    for (const [lat, lon] of [
      [0, 0],
      [30, -40],
      [-75, 0],
      [90, 0],
    ] as const) {
      expect(await places.nearest(lat, lon)).toBeNull();
    }
  });

  test('between 100 and 200 km only the country is said', async () => {
    // The Great Victoria Desert.
    const place = await places.nearest(-26.35, 131.6);
    expect(place).toEqual({ country: 'Australia', country_code: 'AU' });
  });

  test('a place in another time zone of the country is as far as it is', async () => {
    // 67 km from Broken Hill, which keeps another time than all of New South Wales around it.
    expect(await places.nearest(-31.5, 141)).toMatchObject({ city: 'Broken Hill', distance_km: 67.1 });
  });

  test('what is no position has none', async () => {
    expect(await places.nearest(91, 0)).toBeNull();
    expect(await places.nearest(Number.NaN, 0)).toBeNull();
  });
});
