import { BatchWriteCommand, GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeItems } from '../../shared/adapters/batch-write.ts';
import { createEmbeddings } from '../../shared/adapters/embeddings.ts';
import { createSummaries } from '../../shared/adapters/summaries.ts';
import { normalise } from '../../shared/domain/clustering/vectors.ts';
import { emptySummary } from '../../shared/domain/summary.ts';
import { AT, imageId } from '../support/records.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const items = (user: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ user_id: user, sk: `A#${String(index).padStart(3, '0')}`, index }));

describe('writing many items', () => {
  test('any number is put and deleted', async () => {
    await writeItems(world.table, TABLE, { puts: items('Ann', 130) });
    expect(await world.itemsOf('Ann')).toEqual(items('Ann', 130));
    await writeItems(world.table, TABLE, { deletes: items('Ann', 130).slice(7) });
    expect(await world.itemsOf('Ann')).toEqual(items('Ann', 7));
    await writeItems(world.table, TABLE, {});
  });

  test('what the table did not get to is written again', async () => {
    let refused = 0;
    // The table does half of each batch and hands the rest back, as one that is too busy does.
    const busy = {
      send: async (command: BatchWriteCommand) => {
        const writes = command.input.RequestItems?.[TABLE] ?? [];
        const half = Math.ceil(writes.length / 2);
        await world.table.send(new BatchWriteCommand({ RequestItems: { [TABLE]: writes.slice(0, half) } }));
        refused += writes.length - half;
        return writes.length > half ? { UnprocessedItems: { [TABLE]: writes.slice(half) } } : {};
      },
    } as unknown as World['table'];
    await writeItems(busy, TABLE, { puts: items('Bob', 30) });
    expect(refused).toBeGreaterThan(0);
    expect(await world.itemsOf('Bob')).toEqual(items('Bob', 30));
  });

  test('a failure is told only when no write is on its way any more', async () => {
    let open = 0;
    const failing = {
      send: async (command: BatchWriteCommand) => {
        const [first] = command.input.RequestItems?.[TABLE] ?? [];
        if (first?.PutRequest?.Item?.index === 0) throw new Error('gone');
        open += 1;
        await world.table.send(command);
        open -= 1;
        return {};
      },
    } as unknown as World['table'];
    await expect(writeItems(failing, TABLE, { puts: items('Cid', 100) })).rejects.toThrow('gone');
    expect(open).toBe(0);
  });
});

describe('embeddings', () => {
  const vector = (number: number) =>
    normalise(new Float32Array(512).fill(0).map((_, index) => (index === number ? 1 : 0.01)));
  const id = imageId(1);
  const stored = async (user: string) =>
    (await world.table.send(new GetCommand({ TableName: TABLE, Key: { user_id: user, sk: `VECTOR#${id}` } }))).Item;

  test('one that no cluster knows is replaced, one that a centroid contains stays beside the next', async () => {
    const embeddings = createEmbeddings(world.table, TABLE);
    await embeddings.put('Ann', id, vector(1));
    await embeddings.put('Ann', id, vector(2));
    expect(await embeddings.take('Ann', id)).toEqual({ vector: vector(2), next: null, moved: null });
    await embeddings.put('Ann', id, vector(3));
    expect(await embeddings.take('Ann', id)).toEqual({ vector: vector(2), next: vector(3), moved: null });
    expect((await embeddings.getMany('Ann', [id])).get(id)).toEqual(vector(2));
    await embeddings.promote('Ann', id, vector(3), { cluster_id: 'c', generation: 1 });
    const moved = { cluster_id: 'c', generation: 1 };
    expect(await embeddings.take('Ann', id)).toEqual({ vector: vector(3), next: null, moved });
  });

  test('the same one again is no next one, and takes back one that was to come', async () => {
    const embeddings = createEmbeddings(world.table, TABLE);
    await embeddings.put('Bob', id, vector(1));
    await embeddings.take('Bob', id);
    await embeddings.put('Bob', id, vector(1));
    expect(await stored('Bob')).not.toHaveProperty('next');
    await embeddings.put('Bob', id, vector(2));
    await embeddings.put('Bob', id, vector(1));
    expect(await stored('Bob')).not.toHaveProperty('next');
  });

  test('one that came while another took its place stays the next one', async () => {
    const embeddings = createEmbeddings(world.table, TABLE);
    await embeddings.put('Cid', id, vector(1));
    await embeddings.take('Cid', id);
    await embeddings.put('Cid', id, vector(2));
    await embeddings.put('Cid', id, vector(3));
    await embeddings.promote('Cid', id, vector(2), { cluster_id: null, generation: 1 });
    expect(await embeddings.take('Cid', id)).toMatchObject({ vector: vector(2), next: vector(3) });
  });

  test('only erasing removes one that a centroid contains', async () => {
    const embeddings = createEmbeddings(world.table, TABLE);
    await embeddings.put('Dan', id, vector(1));
    await embeddings.remove('Dan', id);
    expect(await stored('Dan')).toBeUndefined();
    expect(await embeddings.take('Dan', id)).toBeNull();
    await embeddings.put('Dan', id, vector(1));
    await embeddings.take('Dan', id);
    await embeddings.remove('Dan', id);
    expect(await stored('Dan')).toBeDefined();
    await embeddings.erase('Dan', id);
    expect(await stored('Dan')).toBeUndefined();
  });
});

test('counters are written over the version they were made of, or over themselves, and over no other', async () => {
  const summaries = createSummaries(world.table, TABLE);
  const version = (number: number) => ({
    ...emptySummary(),
    images: number,
    version: number,
    updated_at: AT.toISOString(),
  });
  await summaries.put('Ann', version(1));
  await summaries.put('Ann', version(2));
  await summaries.put('Ann', version(2));
  await expect(summaries.put('Ann', version(1))).rejects.toThrow('conditional');
  await expect(summaries.put('Ann', version(4))).rejects.toThrow('conditional');
  expect(await summaries.get('Ann')).toMatchObject({ images: 2, version: 2 });
});
