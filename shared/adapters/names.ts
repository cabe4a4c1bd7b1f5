import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Cluster, clusterKey } from './clusters.ts';
import { type Person, personKey } from './people.ts';
import { itemsByKey } from './table.ts';

/** Ids of clusters and people. */
export interface Named {
  clusters: Iterable<string>;
  people: Iterable<string>;
}

/** What they are called, by id. Those that are gone, or have no name, are left out. */
export interface Names {
  clusters: ReadonlyMap<string, string>;
  people: ReadonlyMap<string, string>;
}

/** Reads what clusters and people are called: all names of a page at once. */
export function createNames(table: DynamoDBDocumentClient, tableName: string) {
  return async function namesOf(userId: string, { clusters, people }: Named): Promise<Names> {
    const keys = [
      ...Array.from(clusters, (id) => clusterKey(userId, id)),
      ...Array.from(people, (id) => personKey(userId, id)),
    ];
    const fields = ['cluster_id', 'person_id', 'name'];
    const items = (await itemsByKey(table, tableName, keys, { fields })) as Partial<Cluster & Person>[];
    const names = { clusters: new Map<string, string>(), people: new Map<string, string>() };
    for (const { cluster_id, person_id, name } of items) {
      if (name === undefined) continue;
      if (cluster_id !== undefined) names.clusters.set(cluster_id, name);
      if (person_id !== undefined) names.people.set(person_id, name);
    }
    return names;
  };
}
export type NamesOf = ReturnType<typeof createNames>;
