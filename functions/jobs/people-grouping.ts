import type { Images } from '../../shared/adapters/images.ts';
import type { People, Person } from '../../shared/adapters/people.ts';
import type { Postings } from '../../shared/adapters/postings.ts';
import { isShown } from '../../shared/domain/image.ts';
import { BY_PERSON, faceId, parseFaceId } from '../../shared/domain/people/faces.ts';
import { listOf } from '../../shared/domain/search/postings.ts';
import type { Grouping } from './grouping.ts';

const PAGE = 1_000;

export interface PeopleGroupingDeps {
  people: Pick<People, 'get'>;
  postings: Pick<Postings, 'page'>;
  images: Pick<Images, 'getMany'>;
}

/** Faces of people, for plans of merges and moves. A person of whom nothing is said needs no definition, so anybody has one. */
export function createPeopleGrouping({ people, postings, images }: PeopleGroupingDeps): Grouping {
  return {
    async definition(userId, person_id) {
      const said = await people.get(userId, person_id);
      if (!said) return { person_id };
      const { name, hidden, cover } = said;
      return { person_id, name, hidden, cover };
    },

    async members(userId, personId) {
      const ids: string[] = [];
      let before: string | undefined;
      do {
        const { items, more } = await postings.page(userId, listOf.person(personId), { before, limit: PAGE });
        ids.push(...items.flatMap(({ image_id, faces = [] }) => faces.map((n) => faceId(image_id, n))));
        before = more ? items.at(-1)?.image_id : undefined;
      } while (before !== undefined);
      return ids;
    },

    async whereabouts(userId, ids) {
      const imageIds = [...new Set(ids.map((id) => parseFaceId(id).image_id))];
      const records = await images.getMany(userId, imageIds, { consistent: true });
      const wanted = new Set(ids);
      return new Map(
        records.filter(isShown).flatMap(({ image_id, faces = [] }) =>
          faces
            .map(({ n, person_id, by_person }) => {
              const was = by_person ? BY_PERSON : 'assigned';
              return [faceId(image_id, n), { group_id: person_id, was }] as const;
            })
            .filter(([id]) => wanted.has(id)),
        ),
      );
    },

    named: (person_id, name) => ({ person_id, name }),

    /** Of two names that of the person who stays. */
    relabelled(into, from) {
      const [kept, ...others] = [into, ...from] as unknown as [Person, ...Person[]];
      const named = others.find(({ name }) => name !== undefined);
      if (kept.name !== undefined || !named) return undefined;
      return { group_id: kept.person_id, before: {}, after: { name: named.name } };
    },
  };
}
