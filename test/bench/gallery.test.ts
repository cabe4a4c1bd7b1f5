import { ListVectorsCommand } from '@aws-sdk/client-s3vectors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGallery } from '../../bench/requests/gallery.ts';
import { vectorIndexName } from '../../shared/adapters/vectors.ts';
import { deviations } from '../support/deviations.ts';
import type { Item } from '../support/items.ts';
import { startWorld, TABLE, VECTOR_BUCKET, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test('the gallery that requests are counted in is one that organize could have made', async () => {
  const userId = 'ann';
  const gallery = createGallery(world, { table: TABLE, vectorBucket: VECTOR_BUCKET, userId });
  await gallery.growTo(40);
  await gallery.growTo(60);
  const { vectors = [] } = await world.vectors.send(
    new ListVectorsCommand({
      vectorBucketName: VECTOR_BUCKET,
      indexName: vectorIndexName(userId),
      returnData: true,
    }),
  );
  const indexed = vectors.map(({ key = '', data }) => ({ index: userId, key, values: data?.float32 ?? [] }));
  expect(deviations((await world.itemsOf(userId)) as Item[], indexed)).toEqual([]);
  expect(vectors).toHaveLength(60);
});
