import type { FaceAssignment, ImageRecord } from '../../shared/domain/image.ts';
import type { Item } from './items.ts';

interface FoundFaces extends Item {
  image_id: string;
  faces: { n: number; descriptor: Uint8Array }[];
}

/** Faces and people of one user, counted anew from the records and the descriptors. */
export function checkPeople(items: readonly Item[]): string[] {
  const kinds = Map.groupBy(items, ({ sk }) => sk.split('#')[0] ?? '');
  const records = (kinds.get('IMAGE') ?? []) as unknown as ImageRecord[];
  const found = new Map((kinds.get('FACES') ?? []).map((item) => [(item as FoundFaces).image_id, item as FoundFaces]));
  const shown = records.filter(({ status, trashed_at }) => status === 'done' && trashed_at === undefined);
  const faces = shown.flatMap(({ image_id, faces: own = [] }) => own.map((face) => ({ ...face, image_id })));
  const people = Map.groupBy(
    faces.filter(({ person_id }) => person_id !== null),
    ({ person_id }) => person_id ?? '',
  );
  return [
    ...[...found.keys()]
      .filter((id) => !records.some(({ image_id }) => image_id === id))
      .map((id) => `FACES#${id} belongs to nothing`),
    ...shown.flatMap((record) => checkFaces(record, found.get(record.image_id))),
    ...checkCentroids(kinds.get('PERSON_CENTROID') ?? [], people, found),
    ...checkCounts(items, people),
    ...checkSaid(kinds.get('PERSON') ?? [], records),
  ];
}

/** Every face that was found is on the record, by its number, and no person has two of them unless a person said so. */
function checkFaces({ image_id, faces = [] }: ImageRecord, found: FoundFaces | undefined): string[] {
  const numbers = (some: readonly { n: number }[]) => some.map(({ n }) => n).join(' ');
  if (numbers(faces) !== numbers(found?.faces ?? []))
    return [`image ${image_id} has faces ${numbers(faces)}, found were ${numbers(found?.faces ?? [])}`];
  const own = faces.filter(({ person_id, by_person }) => person_id !== null && !by_person);
  const twice = own.length - new Set(own.map(({ person_id }) => person_id)).size;
  return twice > 0 ? [`image ${image_id} has somebody twice`] : [];
}

type Counted = FaceAssignment & { image_id: string };

function checkCentroids(
  items: readonly Item[],
  people: ReadonlyMap<string, Counted[]>,
  found: ReadonlyMap<string, FoundFaces>,
): string[] {
  const centroids = new Map(items.map((item) => [item.sk.slice('PERSON_CENTROID#'.length), item]));
  const says = [...centroids.keys()].filter((id) => !people.has(id)).map((id) => `centroid of ${id}, who has no face`);
  for (const [id, faces] of people) {
    const sum = new Array<number>(128).fill(0);
    for (const { image_id, n } of faces) {
      const descriptor = found.get(image_id)?.faces.find((face) => face.n === n)?.descriptor;
      if (!descriptor) continue;
      const view = new DataView(descriptor.buffer, descriptor.byteOffset, descriptor.byteLength);
      for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] ?? 0) + view.getFloat32(4 * i, true);
    }
    const centroid = centroids.get(id);
    if (centroid?.count !== faces.length) says.push(`centroid of ${id} counts ${centroid?.count}, not ${faces.length}`);
    const bytes = centroid?.sum as Uint8Array | undefined;
    if (!bytes) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const off = Math.max(...sum.map((value, i) => Math.abs(value - view.getFloat32(4 * i, true))));
    if (off > 1e-3) says.push(`centroid of ${id} is ${off} off the sum of its faces`);
  }
  return says;
}

function checkCounts(items: readonly Item[], people: ReadonlyMap<string, Counted[]>): string[] {
  return [...people].flatMap(([id, faces]) => {
    const photos = new Set(faces.map(({ image_id }) => image_id));
    const listed = items.filter(({ sk }) => sk.startsWith(`FACE#${id}#`)).map(({ image_id }) => String(image_id));
    const tally = items.find(({ sk }) => sk === `TALLY#PERSON#${id}`)?.sums as Record<string, number> | undefined;
    const wrong = tally?.count !== photos.size || tally?.faces !== faces.length;
    return [
      ...(wrong ? [`person ${id} counts ${JSON.stringify(tally)}, not ${photos.size} and ${faces.length}`] : []),
      ...(listed.length === photos.size && listed.every((image) => photos.has(image))
        ? []
        : [`person ${id} is listed in ${listed.join(' ')}`]),
    ];
  });
}

/** What is said of a person says something, and shows a photo that is there. */
function checkSaid(items: readonly Item[], records: readonly ImageRecord[]): string[] {
  const photos = new Set(records.map(({ image_id }) => image_id));
  return items.flatMap(({ sk, person_id, name, hidden, cover }) => {
    const image = (cover as { image_id: string } | undefined)?.image_id;
    return [
      ...(sk === `PERSON#${person_id}` ? [] : [`${sk} is about ${person_id}`]),
      ...(name === undefined && hidden === undefined && cover === undefined ? [`${sk} says nothing`] : []),
      ...(image === undefined || photos.has(image) || name !== undefined
        ? []
        : [`${sk} shows ${image}, which is gone`]),
    ];
  });
}
