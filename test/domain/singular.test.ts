import { expect, test } from 'vitest';
import { singular } from '../../shared/domain/singular.ts';

test.each(
  Object.entries({
    dogs: 'dog',
    'hot dogs': 'hot dog',
    cities: 'city',
    boxes: 'box',
    beaches: 'beach',
    potatoes: 'potato',
    shoes: 'shoe',
    houses: 'house',
    buses: 'bus',
    cookies: 'cookie',
    toys: 'toy',
    ties: 'tie',
    people: 'person',
    knives: 'knife',
    glass: 'glass',
    glasses: 'glasses',
    series: 'series',
    tennis: 'tennis',
    gas: 'gas',
    sky: 'sky',
  }),
)('%s → %s', (plural, expected) => {
  expect(singular(plural)).toBe(expected);
});
