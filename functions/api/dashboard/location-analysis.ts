import type { LocationAnalysis } from '../../../shared/contract/schemas.ts';
import {
  boxOf,
  CITY_CELL,
  COUNTRY_CELL,
  cityNamed,
  countryKey,
  countryNamed,
} from '../../../shared/domain/locations.ts';
import { type Sums, tallyOf } from '../../../shared/domain/tallies.ts';
import type { Deps } from '../deps.ts';
import type { ApiUseCase } from '../use-cases.ts';

/** Cities shown of each country of a page. */
const FIRST_CITIES = 5;

interface Page {
  limit: number;
  after: string | undefined;
}

/** A page of tallies: one read for all countries of it, and one for the first cities of each. */
export const locationAnalysis: ApiUseCase<'locationAnalysis'> = async ({ user, query }, { tallies }) => {
  const userId = user.user_id;
  const after = query.cursor === undefined ? undefined : Buffer.from(query.cursor, 'base64url').toString();
  const page = { limit: query.limit, after };
  const all = (await tallies.get(userId, [tallyOf.located])).get(tallyOf.located) ?? {};
  const found =
    query.country === undefined
      ? await countriesOf(userId, page, tallies)
      : await countryOf(userId, countryKey({ country: query.country }), page, tallies);
  return { status: 200, body: { ...located(all, COUNTRY_CELL), ...found } };
};

type Found = Pick<LocationAnalysis, 'countries' | 'next_cursor'>;

async function countriesOf(userId: string, { limit, after }: Page, tallies: Deps['tallies']): Promise<Found> {
  const { items, more } = await tallies.page(userId, tallyOf.country(''), { after, limit });
  const countries = await Promise.all(
    items.map(async ({ rest, sums }) => {
      const cities = await tallies.page(userId, tallyOf.city(rest, ''), { limit: FIRST_CITIES });
      return viewCountry(rest, sums, cities);
    }),
  );
  return { countries, next_cursor: more ? sealed(items.at(-1)?.rest) : null };
}

async function countryOf(userId: string, country: string, page: Page, tallies: Deps['tallies']): Promise<Found> {
  const key = tallyOf.country(country);
  const [known, cities] = await Promise.all([
    tallies.get(userId, [key]),
    tallies.page(userId, tallyOf.city(country, ''), page),
  ]);
  const sums = known.get(key);
  return {
    countries: sums ? [viewCountry(country, sums, cities)] : [],
    next_cursor: cities.more ? sealed(cities.items.at(-1)?.rest) : null,
  };
}

function viewCountry(
  id: string,
  sums: Sums,
  cities: Awaited<ReturnType<Deps['tallies']['page']>>,
): LocationAnalysis['countries'][number] {
  return {
    id,
    ...countryNamed(id),
    ...located(sums, COUNTRY_CELL),
    cities: cities.items.map((city) => ({ ...cityNamed(city.rest), ...located(city.sums, CITY_CELL) })),
    more_cities: cities.more,
  };
}

const located = (sums: Sums, cell: number) => ({ images: sums.count ?? 0, box: boxOf(sums, cell) });

const sealed = (key = '') => Buffer.from(key).toString('base64url');
