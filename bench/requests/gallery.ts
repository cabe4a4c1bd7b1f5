import { createHash } from 'node:crypto';
import { PutVectorsCommand, type S3VectorsClient } from '@aws-sdk/client-s3vectors';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { changeOf, type IndexChange } from '../../functions/organize/index-change.ts';
import { embedText } from '../../local/emulators/azure/embedding.ts';
import { activityItems } from '../../shared/adapters/activities.ts';
import { eventIdOf } from '../../shared/adapters/auto-albums.ts';
import { writeItems } from '../../shared/adapters/batch-write.ts';
import { type Cluster, NEWEST_MEMBERS } from '../../shared/adapters/clusters.ts';
import { eventItem } from '../../shared/adapters/events.ts';
import { createVectors, vectorIndexName } from '../../shared/adapters/vectors.ts';
import type { EventInterval } from '../../shared/domain/albums/events.ts';
import { EXPECTED_BACKGROUND, newBackground, observeSimilarities } from '../../shared/domain/clustering/background.ts';
import { seededRandom } from '../../shared/domain/clustering/random.ts';
import { keepWitnesses } from '../../shared/domain/clustering/state.ts';
import { addMember, type ClusterStats, emptyStats, storeStats } from '../../shared/domain/clustering/stats.ts';
import { DIMENSIONS, dot, encodeVector } from '../../shared/domain/clustering/vectors.ts';
import { colorBins } from '../../shared/domain/color-bins.ts';
import { embeddingText, promptVersion } from '../../shared/domain/description.ts';
import type { ImageRecord, Stage } from '../../shared/domain/image.ts';
import { originalKey, rawMetadataKey, thumbnailKey } from '../../shared/domain/object-keys.ts';
import { srgbToOklab } from '../../shared/domain/oklab.ts';
import { changeSummary, emptySummary } from '../../shared/domain/summary.ts';
import { changeSums, type Sums } from '../../shared/domain/tallies.ts';

/** A subject, what it belongs to, and what is seen with it: each is a cluster. */
const SUBJECTS = [
  'beach coast sand wave summer',
  'mountain landscape snow rock hike',
  'dog animal fur grass play',
  'cat pet sofa window sleep',
  'cake dessert cream candle birthday',
  'street city house car traffic',
  'forest nature tree moss path',
  'bird wildlife wing branch flight',
  'boat harbour sail water rope',
  'concert music stage light crowd',
  'flower garden petal bee spring',
  'bridge river steel arch stone',
  'train station rail platform travel',
  'bicycle road wheel helmet sport',
  'kitchen food pan table dinner',
  'castle tower wall flag history',
  'desert dune sun camel heat',
  'market fruit stall basket people',
  'library book shelf lamp reading',
  'football team field ball match',
].map((words) => words.split(' '));
/** Photos of one event, an hour apart; the next event is days later. */
const OF_ONE_EVENT = 10;
const PLACES = [
  ['Lisbon', 'Portugal', 'PT', 38.72, -9.14],
  ['Vienna', 'Austria', 'AT', 48.21, 16.37],
  ['Bergen', 'Norway', 'NO', 60.39, 5.32],
  ['Kyoto', 'Japan', 'JP', 35.01, 135.77],
  ['Valencia', 'Spain', 'ES', 39.47, -0.38],
] as const;
const FIRST_DAY = Date.parse('2000-01-01T08:00:00Z');
const HOUR = 3_600_000;
const AT = '2025-06-01T12:00:00.000Z';
const MODEL = 'gpt-4o-mini-2024-07-18';
const PAIRS_COMPARED = 2_000;

const imageId = (number: number) => `018d0000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const clusterId = (subject: number) => `018e0000-0000-7000-8000-${String(subject).padStart(12, '0')}`;
const SUBJECT_COUNT = SUBJECTS.length;

/** A word that only the first photos have: a search for it finds as much in every gallery. */
const RARE = 'zeppelin';
const RARE_PHOTOS = 10;

/** What a model says of the photo of a number, in the shape that is asked of it. */
export function wordsFor(number: number) {
  const [subject = '', ...others] = SUBJECTS[number % SUBJECT_COUNT] ?? [];
  const [broader = '', one = '', two = '', three = ''] = others;
  return {
    title: `A ${subject} with ${one} and ${two}`,
    description: `It shows a ${subject} with ${one}, ${two} and ${three}. The light is soft and even, the mood is calm.`,
    tags: [subject, broader, one, two, three, number < RARE_PHOTOS ? RARE : 'outdoors'],
    filename: `${subject}-${one}.jpg`,
    text: '',
  };
}

/** The embedding of those words. */
export const vectorFor = (number: number) => embedText(embeddingText(wordsFor(number)), DIMENSIONS);

const ended = (ms: number, more: Partial<Stage> = {}): Stage => ({
  state: 'done',
  attempts: 1,
  started_at: AT,
  finished_at: AT,
  ms,
  ...more,
});

/** A photo as it is once all of its stages have ended. */
function recordOf(userId: string, number: number): ImageRecord {
  const image_id = imageId(number);
  const random = seededRandom(number + 1);
  const digest = createHash('sha256').update(`${userId} ${number}`).digest('hex');
  const event = Math.floor(number / OF_ONE_EVENT);
  const [city, country, country_code, lat, lon] = PLACES[event % PLACES.length] ?? PLACES[0];
  const taken = new Date(FIRST_DAY + event * 72 * HOUR + (number % OF_ONE_EVENT) * HOUR).toISOString().slice(0, 19);
  const { title, description, tags, filename } = wordsFor(number);
  const hues = Array.from(
    { length: 5 },
    () => [0, 1, 2].map(() => Math.floor(256 * random())) as [number, number, number],
  );
  const rendition = (size: 'small' | 'medium', width: number, bytes: number) => ({
    key: thumbnailKey(userId, image_id, size),
    content_type: 'image/webp',
    bytes,
    width,
    height: (width * 3) / 4,
  });
  const bytes = 2_500_000 + Math.floor(2_000_000 * random());
  return {
    user_id: userId,
    image_id,
    status: 'done',
    generation: 0,
    stages: {
      ingest: ended(420),
      describe: ended(2_900, { tokens: 1_450, cost_microusd: 290 }),
      faces: ended(610),
      organize: ended(180),
    },
    filename: `IMG_${number}.JPG`,
    display_name: filename,
    title,
    description,
    tags,
    described_by: { model: MODEL, prompt_version: promptVersion, at: AT },
    described_in: 0,
    expected: { content_type: 'image/jpeg', bytes, sha256: digest },
    upload_expires_at: AT,
    content_type: 'image/jpeg',
    format: 'jpeg',
    bytes,
    sha256: digest,
    width: 4000,
    height: 3000,
    original: { key: originalKey(userId, image_id), content_type: 'image/jpeg', bytes, width: 4000, height: 3000 },
    thumbnails: { small: rendition('small', 200, 6_000), medium: rendition('medium', 800, 70_000) },
    raw_metadata: { key: rawMetadataKey(userId, image_id), bytes: 2_000 },
    metadata: {
      camera_make: 'Canon',
      camera_model: number % 3 === 0 ? 'Canon EOS R6' : 'Canon EOS 40D',
      datetime_original: taken,
      iso: 200,
      focal_length: 35,
      exposure_time: '1/250',
      exposure_seconds: 0.004,
      f_number: 4,
      orientation: 1,
      gps: { lat: lat + random() / 50, lon: lon + random() / 50 },
    },
    place: { city, country, country_code, distance_km: 1.2 },
    colors: hues.map((rgb, index) => ({
      hex: `#${Buffer.from(rgb).toString('hex')}`,
      share: [0.4, 0.25, 0.15, 0.12, 0.08][index] ?? 0,
      name: 'grey',
    })),
    color_bins: colorBins(hues.map(([r, g, b]) => srgbToOklab(r, g, b))),
    placeholder: Buffer.from(digest.slice(0, 50), 'hex').toString('base64'),
    phash: digest.slice(0, 16),
    cluster: {
      cluster_id: clusterId(number % SUBJECT_COUNT),
      similarity: 0.82,
      threshold: 0.41,
      runner_up: { cluster_id: clusterId((number + 1) % SUBJECT_COUNT), similarity: 0.11 },
      margin: 0.04,
      reason: 'assigned',
    },
    faces: [],
    taken_at: taken,
    taken_at_offset: '+00:00',
    taken_at_source: 'gps_zone',
    taken_key: `${taken}#${image_id}`,
    created_at: AT,
    updated_at: AT,
    processing_ms: 4_100,
    processing_started_at: AT,
  };
}

/**
 * One user's gallery as organize leaves it, made of what organize itself derives from a record, without the steps in between: those
 * would take an hour for 10,000 photos. Every photo is described, placed in one of 20 clusters and taken at a known place. That nothing
 * differs from what organize would have written, a recount in test/bench proves. Without clients nothing can be written.
 */
export function createGallery(
  clients: { table: DynamoDBDocumentClient; vectors: S3VectorsClient } | null,
  names: { table: string; vectorBucket: string; userId: string },
) {
  const { userId } = names;
  let summary = emptySummary();
  let made = 0;
  const tallies = new Map<string, Sums>();
  const suggestions = new Map<string, { text: string; kind: string; count: number }>();
  const events = new Map<number, EventInterval>();
  const centroids = new Map<string, { stats: ClusterStats; newest: string[] }>();
  let background = newBackground(EXPECTED_BACKGROUND.text);
  let witnesses: { image_id: string; vector: Float32Array }[] = [];

  function count({ after }: IndexChange): void {
    if (after.contribution) summary = changeSummary(summary, after.contribution, 1);
    for (const { key, add } of after.tallies) tallies.set(key, changeSums(tallies.get(key) ?? {}, add, 1));
    for (const { key, text, kind } of after.suggestions) {
      suggestions.set(key, { text, kind, count: (suggestions.get(key)?.count ?? 0) + 1 });
    }
  }

  function countInEvent({ taken_key = '' }: ImageRecord, number: number): void {
    const event = Math.floor(number / OF_ONE_EVENT);
    const known = events.get(event);
    const start = known?.start ?? taken_key;
    events.set(event, { start, end: taken_key, count: (known?.count ?? 0) + 1, album_id: eventIdOf(start, 'bench') });
  }

  function countInCluster({ image_id, cluster }: ImageRecord, vector: Float32Array): void {
    const id = cluster?.cluster_id ?? '';
    const { stats, newest } = centroids.get(id) ?? { stats: emptyStats(id, DIMENSIONS), newest: [] };
    centroids.set(id, { stats: addMember(stats, vector), newest: [image_id, ...newest].slice(0, NEWEST_MEMBERS) });
    background = { ...background, images: background.images + 1 };
    if (made < PAIRS_COMPARED) {
      const similarities = witnesses.map((witness) => dot(witness.vector, vector));
      background = { ...observeSimilarities(background, similarities), images: background.images };
    }
    witnesses = keepWitnesses([...witnesses, { image_id, vector }]);
  }

  function itemsOf(number: number): { items: Item[]; vector: Float32Array } {
    const record = recordOf(userId, number);
    const { image_id, sha256, cluster } = record;
    const vector = vectorFor(number);
    const change = changeOf(image_id, record, undefined);
    if (!change) throw new Error('Expected something to be derived from a photo that is done');
    count(change);
    countInEvent(record, number);
    countInCluster(record, vector);
    const own = (sk: string, attributes: object): Item => ({ user_id: userId, sk, ...attributes });
    const told = change.activity === null ? [] : [{ type: change.activity, at: AT, image_id, by: `pass:${made}` }];
    made += 1;
    return {
      vector,
      items: [
        own(`IMAGE#${image_id}`, record),
        own(`VECTOR#${image_id}`, { image_id, vector: encodeVector(vector), placed: true }),
        own(`CHECKSUM#${sha256}`, { image_id }),
        own(`FACES#${image_id}`, { image_id, generation: 0, faces: [] }),
        own(`IN#${cluster?.cluster_id}#${image_id}`, { cluster_id: cluster?.cluster_id, image_id }),
        own(`DOC#${image_id}`, change.after),
        ...change.puts.map(({ list, ...posting }) => own(`${list}#${image_id}`, posting)),
        ...activityItems(userId, told),
      ],
    };
  }

  /** What is counted over all of them. */
  function sums(): Item[] {
    const own = (sk: string, attributes: object): Item => ({ user_id: userId, sk, ...attributes });
    const clusters = [...centroids].flatMap(([cluster_id, { stats, newest }], index) => {
      const cluster: Cluster = {
        cluster_id,
        name: SUBJECTS[index]?.[0] ?? cluster_id,
        name_source: 'model',
        named_by: { model: MODEL, prompt_version: 'name-1', at: AT },
        name_asked_at: stats.count,
        count: stats.count,
        newest,
        created_at: AT,
        updated_at: AT,
      };
      return [
        own(`CENTROID#${cluster_id}`, { ...storeStats(stats), applied: [], version: 1 }),
        own(`CLUSTER#${cluster_id}`, cluster),
      ];
    });
    return [
      own('SUMMARY', { ...summary, version: made, updated_at: AT }),
      own('CLUSTERING', {
        background,
        waiting: [],
        witnesses: witnesses.map(({ image_id }) => image_id),
        applied: [],
        version: 1,
      }),
      ...clusters,
      ...[...tallies].map(([key, sum]) => own(`TALLY#${key}`, { sums: sum })),
      ...[...suggestions].map(([key, suggestion]) => own(`SUGGEST#${key}`, suggestion)),
      ...[...events.values()].map((event) => eventItem(userId, event)),
    ];
  }

  return {
    /** What is written for the next photo, and its embedding. */
    itemsOf,

    /** Adds photos until there are so many. A number of whole events, so that none is left to go on. */
    async growTo(photos: number): Promise<void> {
      if (!clients) throw new Error('Expected clients to write with');
      const { table, vectors } = clients;
      const index = { vectorBucketName: names.vectorBucket, indexName: vectorIndexName(userId) };
      while (made < photos) {
        const numbers = Array.from({ length: Math.min(100, photos - made) }, (_, index) => made + index);
        const all = numbers.map((number) => ({ key: imageId(number), ...itemsOf(number) }));
        await writeItems(table, names.table, { puts: all.flatMap(({ items }) => items) });
        const [first] = all;
        // Makes the index where there is none.
        if (first) await createVectors(vectors, names.vectorBucket).put(userId, first.key, first.vector);
        const put = all.map(({ key, vector }) => ({ key, data: { float32: [...vector] } }));
        await vectors.send(new PutVectorsCommand({ ...index, vectors: put }));
      }
      await writeItems(table, names.table, { puts: sums() });
    },
  };
}

type Item = { user_id: string; sk: string } & Record<string, unknown>;
