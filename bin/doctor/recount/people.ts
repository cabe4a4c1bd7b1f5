import { type Finding, finding, floats, type Item, runAgain } from './finding.ts';
import { isKept, type Photo } from './photo.ts';

interface Found {
  n: number;
  box: Record<string, number>;
  descriptor: Uint8Array;
}

interface Counted {
  faces: number;
  photos: number;
  /** Of the descriptors of its faces. */
  sum: number[];
}

/** Faces and people of one user, counted anew from the records and the descriptors. */
export function createPeopleCheck(userId: string, photos: ReadonlyMap<string, Photo>) {
  const people = new Map<string, Counted>();
  /** Numbers of the faces found in each photo. */
  const found = new Map<string, string>();
  const centroids: Item[] = [];
  const tallies = new Map<string, Record<string, number>>();
  const said: Item[] = [];
  const findings: Finding[] = [];

  return {
    item(kind: string, item: Item): void {
      if (kind === 'FACES') addFaces(item.sk.slice('FACES#'.length), item.faces as Found[]);
      if (kind === 'PERSON_CENTROID') centroids.push(item);
      if (kind === 'PERSON') said.push(item);
      if (item.sk.startsWith('TALLY#PERSON#'))
        tallies.set(item.sk.slice('TALLY#PERSON#'.length), item.sums as Record<string, number>);
    },

    /** How many faces were found in a photo. */
    facesIn: (imageId: string): number => (found.get(imageId) ? (found.get(imageId)?.split(' ').length ?? 0) : 0),

    findings(): Finding[] {
      for (const photo of photos.values()) if (isKept(photo) && !photo.underWay) checkPhoto(photo);
      return [...findings, ...sums(), ...counts(), ...words()];
    },
  };

  /** The faces found in a photo belong to it, lie in it, are numbered from 0, and their descriptors have unit length. */
  function addFaces(imageId: string, faces: readonly Found[]): void {
    found.set(imageId, faces.map(({ n }) => n).join(' '));
    const photo = photos.get(imageId);
    if (!photo) {
      findings.push(
        finding('faces and people', `the faces of image ${userId}/${imageId} are left, but there is no such image`, {
          photo: imageId,
        }),
      );
      return;
    }
    const whose = new Map(isKept(photo) ? photo.faces?.map(({ n, person_id }) => [n, person_id]) : []);
    const seen = new Set<string>();
    for (const [n, face] of faces.entries()) {
      const { x = -1, y = -1, width = 9, height = 9 } = face.box;
      const inside = Math.min(x, y) >= 0 && Math.max(x + width, y + height) <= 1 + 1e-6;
      const numbers = floats(face.descriptor);
      const unit = numbers.length === 128 && Math.abs(Math.hypot(...numbers) - 1) < 1e-4;
      if (face.n !== n || !inside || !unit)
        findings.push(
          finding(
            'faces and people',
            `face ${n} of image ${userId}/${imageId} is not as it should be${runAgain(imageId, 'faces')}`,
          ),
        );
      const id = whose.get(face.n) ?? null;
      if (id === null) continue;
      const person = people.get(id) ?? { faces: 0, photos: 0, sum: new Array<number>(128).fill(0) };
      person.faces += 1;
      if (!seen.has(id)) person.photos += 1;
      seen.add(id);
      person.sum = person.sum.map((value, i) => value + (numbers[i] ?? 0));
      people.set(id, person);
    }
  }

  /** Every face that was found is on the record, by its number, and no person has two of them unless a person said so. */
  function checkPhoto({ image_id, faces = [] }: Photo): void {
    const numbers = faces.map(({ n }) => n).join(' ');
    const expected = found.get(image_id) ?? '';
    if (numbers !== expected) {
      findings.push(
        finding(
          'faces and people',
          `image ${image_id} names faces ${numbers || '(none)'}, but found were ${expected || '(none)'}${runAgain(image_id, 'faces')}`,
        ),
      );
      return;
    }
    const own = faces.filter(({ person_id, by_person }) => person_id !== null && !by_person);
    if (own.length > new Set(own.map(({ person_id }) => person_id)).size)
      findings.push(
        finding(
          'faces and people',
          `image ${image_id} has one person twice, though nobody has said so; its owner can say who is who`,
        ),
      );
  }

  function sums(): Finding[] {
    const byId = new Map(centroids.map((item) => [item.sk.slice('PERSON_CENTROID#'.length), item]));
    const says = [...byId.keys()]
      .filter((id) => !people.has(id))
      .map((id) => `a centroid of person ${id} is left, who has no face`);
    for (const [id, { faces, sum }] of people) {
      const centroid = byId.get(id);
      if (centroid?.count !== faces)
        says.push(`the centroid of person ${id} counts ${centroid?.count ?? 'no'} faces, expected ${faces}`);
      const stored = centroid && floats(centroid.sum as Uint8Array);
      const off = stored ? Math.max(...sum.map((value, i) => Math.abs(value - (stored[i] ?? 0)))) : 0;
      if (off > 1e-3) says.push(`the centroid of person ${id} is not the sum of its faces (${off.toPrecision(2)} off)`);
    }
    return says.map((words) => finding('faces and people', words, 'counters'));
  }

  function counts(): Finding[] {
    return [...people].flatMap(([id, { photos: images, faces }]) => {
      const tally = tallies.get(id);
      if (tally?.count === images && tally.faces === faces) return [];
      const words = `person ${id} counts ${tally?.count ?? 'no'} photos and ${tally?.faces ?? 'no'} faces, expected ${images} and ${faces}`;
      return [finding('faces and people', words, 'counters')];
    });
  }

  /** What is said of a person says something, and shows a photo that is there. */
  function words(): Finding[] {
    return said.flatMap(({ sk, person_id, name, hidden, cover }) => {
      const image = (cover as { image_id: string } | undefined)?.image_id;
      const says = [
        ...(sk === `PERSON#${person_id}` ? [] : [`the item ${sk} is about person ${person_id}`]),
        ...(name === undefined && hidden === undefined && cover === undefined ? [`the item ${sk} says nothing`] : []),
        ...(image === undefined || photos.has(image) || name !== undefined
          ? []
          : [`the item ${sk} shows image ${image}, which is gone`]),
      ];
      return says.map((each) =>
        finding('faces and people', `${each}; its owner can name that person, or choose a cover, anew`),
      );
    });
  }
}
