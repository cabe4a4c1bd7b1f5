import { type Finding, finding, floats, type Item } from './finding.ts';
import type { Photo } from './photo.ts';

/** Why photos that are in no cluster wait for none. */
const ELSEWHERE = ['moved_by_hand', 'trashed', 'no_embedding'];
/** What clustering compares new photos with. */
const MOST_WAITING = 64;

interface Shown extends Item {
  count: number;
  newest: string[];
  cover_image_id?: string;
}

const inWords = (clusters: readonly string[]) =>
  clusters.length === 0 ? 'no cluster' : `cluster ${clusters.join(', ')}`;

/** Clusters of one user: what is counted and added up of them, against their members and these against the records. */
export function createClustersCheck(userId: string, photos: ReadonlyMap<string, Photo>) {
  /** What is left of a centroid's sum once its members are taken off. */
  const centroids = new Map<string, { count: number; left: number[] }>();
  const shown = new Map<string, Shown>();
  const clustersOf = new Map<string, string[]>();
  const sizes = new Map<string, number>();
  let memory: Item | undefined;

  return {
    /** An item of the table; of embeddings only after all memberships. */
    item(kind: string, item: Item): void {
      const [, id = '', imageId = ''] = item.sk.split('#');
      if (kind === 'CENTROID') centroids.set(id, { count: Number(item.count), left: floats(item.sum as Uint8Array) });
      if (kind === 'CLUSTER') shown.set(id, item as Shown);
      if (kind === 'CLUSTERING') memory = item;
      if (kind === 'IN') {
        clustersOf.set(imageId, [...(clustersOf.get(imageId) ?? []), id]);
        sizes.set(id, (sizes.get(id) ?? 0) + 1);
      }
      if (kind === 'VECTOR') takeOff(id, floats(item.vector as Uint8Array));
    },

    findings: (): Finding[] => [...counts(), ...memberships(), ...sums(), ...remembered()],
  };

  function takeOff(imageId: string, vector: readonly number[]): void {
    for (const cluster of clustersOf.get(imageId) ?? []) {
      const left = centroids.get(cluster)?.left;
      for (const [index, value] of left ? vector.entries() : []) if (left) left[index] = (left[index] ?? 0) - value;
    }
  }

  function counts(): Finding[] {
    return [...new Set([...centroids.keys(), ...shown.keys(), ...sizes.keys()])].flatMap((id) => {
      const says: string[] = [];
      const cluster = shown.get(id);
      const members = sizes.get(id) ?? 0;
      const counted = { centroid: centroids.get(id)?.count ?? 0, cluster: cluster?.count ?? 0, members };
      if (new Set(Object.values(counted)).size > 1)
        says.push(
          `counts wrong: its centroid ${counted.centroid} photos, what is shown ${counted.cluster}, and ${members} are in it`,
        );
      if (members === 0) says.push('is empty');
      const isIn = (imageId: string) => clustersOf.get(imageId)?.includes(id) ?? false;
      const strangers = (cluster?.newest ?? []).filter((imageId) => !isIn(imageId));
      const cover = cluster?.cover_image_id;
      if (cover !== undefined && !isIn(cover)) says.push('has a cover that is not in it');
      if (strangers.length > 0) says.push(`shows ${strangers.join(', ')} among its newest, not in it`);
      return says.map((words) => finding('clusters', `cluster ${userId}/${id} ${words}`, { cluster: id }));
    });
  }

  function memberships(): Finding[] {
    const says: Finding[] = [];
    const leave = (imageId: string, clusters: readonly string[]) =>
      clusters.flatMap((id) => [{ stray: `IN#${id}#${imageId}` }, { cluster: id }]);
    for (const [imageId, clusters] of clustersOf)
      if (!photos.has(imageId))
        says.push(
          finding(
            'clusters',
            `image ${userId}/${imageId} is listed in cluster ${clusters.join(', ')}, but there is no such image`,
            ...leave(imageId, clusters),
          ),
        );
    for (const [imageId, { cluster, underWay }] of photos) {
      if (underWay) continue;
      const named = cluster?.cluster_id ? [cluster.cluster_id] : [];
      const actual = clustersOf.get(imageId) ?? [];
      if (String(named) === String(actual)) continue;
      const mend = [
        { photo: imageId },
        ...named.map((id) => ({ cluster: id })),
        ...leave(
          imageId,
          actual.filter((id) => !named.includes(id)),
        ),
      ];
      says.push(
        finding(
          'clusters',
          `image ${userId}/${imageId} says that it is in ${inWords(named)}, but is listed in ${inWords(actual)}`,
          ...mend,
        ),
      );
    }
    return says;
  }

  /** A centroid is the sum of its members' embeddings. */
  function sums(): Finding[] {
    return [...centroids].flatMap(([id, { left }]) => {
      const off = Math.max(...left.map(Math.abs));
      if (off < 1e-3) return [];
      return [
        finding(
          'clusters',
          `the centroid of cluster ${userId}/${id} is not the sum of its members (${off.toPrecision(2)} off)`,
          { cluster: id },
        ),
      ];
    });
  }

  /** Photos that wait for a cluster, or stand for those that do not agree, must still be there. */
  function remembered(): Finding[] {
    const wait = [...photos.values()].filter(
      ({ status, cluster }) => status === 'done' && cluster?.cluster_id === null && !ELSEWHERE.includes(cluster.reason),
    );
    const mend = { waiting: wait.map(({ image_id }) => image_id).slice(-MOST_WAITING) };
    if (!memory)
      return wait.length > 0
        ? [finding('clusters', `photos of ${userId} wait for a cluster, and nobody remembers which`, mend)]
        : [];
    const [waiting, witnesses] = [memory.waiting as string[], memory.witnesses as string[]];
    const byHand = waiting
      .filter((id) => photos.get(id)?.cluster?.reason === 'moved_by_hand')
      .map((id) => `image ${id} waits for a cluster, though a person has moved it`);
    const gone = [...waiting, ...witnesses]
      .filter((id) => photos.get(id)?.trashed_at !== undefined || !photos.has(id))
      .map((id) => `clustering remembers image ${id}, which is gone`);
    return [...byHand, ...gone].map((words) => finding('clusters', words, mend));
  }
}
