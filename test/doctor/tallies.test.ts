import { expect, test } from 'vitest';
import { type Sums, tallyPhoto } from '../../bin/doctor/recount/tallies.ts';
import { talliesOf } from '../../shared/domain/tallies.ts';
import { donePhoto } from '../support/records.ts';

test.each([
  [48.5, 8.2],
  [90, 180],
  [-90, -180],
  [-0.1, 0.3],
  [0.7, -8.2],
])('the recount has a photo at %d, %d in the cells that its owner’s tallies have it in', (lat, lon) => {
  const place = { city: 'Oppenau', country: 'Germany', country_code: 'DE' };
  const photo = donePhoto('Ann', 1, { place, metadata: { gps: { lat, lon } } });
  const counted = new Map<string, Sums>();
  tallyPhoto(photo, counted);
  const placed = talliesOf(photo).filter(({ key }) => /^(LOCATED|COUNTRY#|CITY#)/.test(key));
  expect(placed.length).toBeGreaterThanOrEqual(3);
  for (const { key, add } of placed) expect([key, counted.get(key)]).toEqual([key, add]);
});
