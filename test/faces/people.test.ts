import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createFindFaces } from '../../functions/faces/find-faces.ts';
import { loadFaceModel } from '../../shared/adapters/face-model.ts';
import { seededRandom } from '../../shared/domain/clustering/random.ts';
import { type Face, faceId } from '../../shared/domain/people/faces.ts';
import { type PeopleState, placeFaces } from '../../shared/domain/people/place.ts';
import { type KnownFace, regroupFaces } from '../../shared/domain/people/regroup.ts';
import { photos, photosThere } from '../fixtures/real-photos.ts';

/** By file, whose face it shows. */
function truth(): Map<string, string> {
  const rows = readFileSync(photos('faces.csv'), 'utf8').trim().split('\n').slice(1);
  return new Map(rows.map((row) => row.trim().split(',') as [string, string]));
}

/** Of pairs of photos: how many of those said to show one person do, and how many of those that do are said to. */
function pairwise(people: ReadonlyMap<string, string>, whose: ReadonlyMap<string, string | null>) {
  const files = [...people.keys()];
  const counts = { both: 0, said: 0, are: 0 };
  for (const [index, one] of files.entries()) {
    for (const other of files.slice(0, index)) {
      const are = people.get(one) === people.get(other);
      const group = whose.get(faceId(one, 0)) ?? null;
      const said = group !== null && group === whose.get(faceId(other, 0));
      if (are && said) counts.both += 1;
      if (are) counts.are += 1;
      if (said) counts.said += 1;
    }
  }
  return { precision: counts.both / counts.said, recall: counts.both / counts.are };
}

test.runIf(photosThere('faces'))(
  'real people are told apart, in whatever order they come, and grouped anew',
  { timeout: 300_000 },
  async () => {
    const people = truth();
    const model = loadFaceModel();
    const find = createFindFaces(() => model);
    const found = new Map<string, Float32Array>();
    for (const file of people.keys()) {
      const [first] = await find(readFileSync(photos(file)));
      if (!first) throw new Error(`Expected a face in ${file}`);
      found.set(file, first.face.descriptor);
    }
    const whose = new Map<string, string | null>();
    for (const seed of [1, 2, 3]) {
      const random = seededRandom(seed);
      const order = [...found].map((entry) => ({ entry, at: random() })).sort((a, b) => a.at - b.at);
      const state: PeopleState = { people: new Map(), waiting: [] };
      whose.clear();
      for (const [image_id, vector] of order.map(({ entry }) => entry)) {
        const face: Face = { face_id: faceId(image_id, 0), image_id, n: 0, vector, beside: new Set() };
        for (const placed of placeFaces([face], state, ({ face_id }) => face_id))
          whose.set(placed.face.face_id, placed.person_id);
      }
      const { precision, recall } = pairwise(people, whose);
      expect(precision, `order ${seed}`).toBeGreaterThanOrEqual(0.98);
      expect(recall, `order ${seed}`).toBeGreaterThanOrEqual(0.95);
    }
    const known = [...found].map(([image_id, vector], index): KnownFace => {
      // All mixed up before.
      const person_id = `person-${index % 4}`;
      return { face_id: faceId(image_id, 0), image_id, n: 0, vector, person_id, fixed: false, quality: 1 };
    });
    let groups = 0;
    const newId = () => {
      groups += 1;
      return `new-${groups}`;
    };
    const { precision, recall } = pairwise(people, regroupFaces(known, new Set(), newId));
    expect(precision).toBeGreaterThanOrEqual(0.98);
    expect(recall).toBeGreaterThanOrEqual(0.95);
  },
);
