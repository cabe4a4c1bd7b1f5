import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { faceId, handMade, overlapOf } from '../../../shared/domain/people/faces.ts';
import { type KnownFace, regroupFaces } from '../../../shared/domain/people/regroup.ts';
import { descriptorOf } from '../../support/faces.ts';

let founded = 0;
const newId = () => {
  founded += 1;
  return `new-${founded}`;
};

/** A face of `person` in a photo, assigned to `assigned`. */
function known(photo: number, n: number, person: number, assigned: string | null, fixed = false): KnownFace {
  const image_id = `photo-${photo}`;
  const vector = descriptorOf(person, photo);
  return { face_id: faceId(image_id, n), image_id, n, vector, person_id: assigned, fixed, quality: 1 };
}

describe('grouping anew', () => {
  test('parts who was taken for one, brings together who was taken for two, and keeps ids', () => {
    const faces = [
      ...[1, 2, 3, 4].map((photo) => known(photo, 0, 1, 'a')),
      ...[5, 6].map((photo) => known(photo, 0, 2, 'a')),
      ...[7, 8, 9].map((photo) => known(photo, 0, 3, 'b')),
      ...[10, 11].map((photo) => known(photo, 0, 3, 'c')),
      known(12, 0, 4, 'b'),
    ];
    const whose = [...regroupFaces(faces, new Set(), newId).values()];
    expect(new Set(whose.slice(0, 4))).toEqual(new Set(['a']));
    expect(new Set(whose.slice(4, 6)).size).toBe(1);
    expect(whose[4]).toMatch(/^new-/);
    expect(new Set(whose.slice(6, 11))).toEqual(new Set(['b']));
    expect(whose[11]).toBeNull();
  });

  test('never loses anybody of whom something is said, nor what was assigned by hand, nor puts anybody twice into a photo', () => {
    const face = fc.record({
      photo: fc.nat(9),
      person: fc.nat(5),
      assigned: fc.option(fc.constantFrom('a', 'b', 'c', 'd')),
      fixed: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(face, { maxLength: 25 }), (all) => {
        const numbers = new Map<number, number>();
        const faces = all.map(({ photo, person, assigned, fixed }) => {
          const n = numbers.get(photo) ?? 0;
          numbers.set(photo, n + 1);
          return known(photo, n, person, assigned, fixed);
        });
        const said = new Set(['a', 'b', 'c']);
        const result = regroupFaces(faces, said, newId);
        for (const { face_id, fixed, person_id } of faces) if (fixed) expect(result.get(face_id)).toBe(person_id);
        const there = new Set(result.values());
        for (const { person_id } of faces)
          if (person_id !== null && said.has(person_id)) expect(there).toContain(person_id);
        const free = faces.filter(({ fixed }) => !fixed);
        const places = free.flatMap(({ face_id, image_id }) => {
          const id = result.get(face_id);
          return id === null ? [] : [`${image_id} ${id}`];
        });
        expect(new Set(places).size).toBe(places.length);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a face found again', () => {
  const box = (x: number) => ({ x, y: 0.1, width: 0.2, height: 0.2 });
  test('is the one whose box it overlaps by more than half', () => {
    expect(overlapOf(box(0.1), box(0.1))).toBeCloseTo(1);
    expect(overlapOf(box(0.1), box(0.2))).toBeCloseTo(1 / 3);
    expect(overlapOf(box(0.1), box(0.5))).toBe(0);
    const before = [
      { n: 0, box: box(0.1), person_id: 'a', similarity: null, by_person: true as const },
      { n: 1, box: box(0.5), person_id: 'b', similarity: null },
    ];
    const kept = handMade(before, [
      { n: 0, box: box(0.5) },
      { n: 1, box: box(0.12) },
    ]);
    expect([...kept].map(([n, { person_id }]) => [n, person_id])).toEqual([[1, 'a']]);
    expect(handMade(before, [{ n: 0, box: box(0.2) }]).size).toBe(0);
  });
});
