import type { ImageRecord } from '../shared/domain/image.ts';

export const GALLERY_USER = 'KqUHe5PmoYhN2sYlM3Pq7vXc1Zr2';

const CLUSTERS = 12;
const PEOPLE = 8;
const id = (kind: number, n: number) => `018f3c00-00${kind}0-7000-8000-${n.toString(16).padStart(12, '0')}`;
const AT = '2026-05-01T12:00:00.000Z';
const WORDS = 'beach harbour evening sunset family dog bicycle mountain snow market lantern bridge river garden'.split(
  ' ',
);
const pick = (n: number, count: number) => Array.from({ length: count }, (_, i) => WORDS[(n * 5 + i) % WORDS.length]!);

/** A photo that has come all the way, with all a phone's photo usually has: camera, position, words, colours, faces. */
function photo(n: number): ImageRecord & { sk: string } {
  const image_id = id(1, n);
  const form = (name: string, width: number, bytes: number) => {
    const key = `thumbnails/${GALLERY_USER}/${image_id}/${name}.webp`;
    return { key, content_type: 'image/webp', bytes, width, height: (width * 3) / 4 };
  };
  const stage = (ms: number) => ({ state: 'done' as const, attempts: 1, started_at: AT, finished_at: AT, ms });
  const tags = pick(n, 9);
  return {
    user_id: GALLERY_USER,
    sk: `IMAGE#${image_id}`,
    image_id,
    status: 'done',
    generation: 0,
    stages: {
      ingest: stage(812),
      describe: { ...stage(2417), tokens: 1284, cost_microusd: 412 },
      faces: stage(301),
      organize: stage(88),
    },
    filename: `IMG_2026${String(n).padStart(4, '0')}.JPG`,
    display_name: `${tags.slice(0, 4).join('-')}-${n}.jpg`,
    title: `${tags[0]} and ${tags[1]} in the ${tags[2]}, photo ${n}`,
    description: `A wide picture of a ${tags[0]} beside a ${tags[1]}, with a ${tags[2]} behind it under a clear sky. Two people stand near the ${tags[3]} and look towards the camera; the light is warm.`,
    tags,
    text: n % 5 === 0 ? 'HARBOUR CAFÉ · open until 22:00' : '',
    described_by: { model: 'gpt-4o-mini', prompt_version: '3', at: AT },
    described_in: 0,
    expected: { content_type: 'image/jpeg', bytes: 3_481_204, sha256: 'ab'.repeat(32) },
    upload_expires_at: AT,
    content_type: 'image/jpeg',
    format: 'jpeg',
    bytes: 3_481_204,
    sha256: 'ab'.repeat(32),
    width: 4032,
    height: 3024,
    original: {
      key: `originals/${GALLERY_USER}/${image_id}`,
      content_type: 'image/jpeg',
      bytes: 3_481_204,
      width: 4032,
      height: 3024,
    },
    thumbnails: { small: form('small', 200, 7_214), medium: form('medium', 800, 61_044) },
    raw_metadata: { key: `raw/${GALLERY_USER}/${image_id}.json`, bytes: 18_220 },
    metadata: {
      camera_make: 'Apple',
      camera_model: 'iPhone 14 Pro',
      lens_model: 'iPhone 14 Pro back triple camera 6.86mm f/1.78',
      datetime_original: '2026-05-01T14:00:00',
      iso: 80,
      focal_length: 6.86,
      exposure_time: '1/1025',
      exposure_seconds: 0.000976,
      f_number: 1.78,
      flash: false,
      orientation: 1,
      gps: { lat: 43.2965 + n / 1000, lon: 5.3698, altitude: 12.4 },
      keywords: tags.slice(0, 3),
      rating: 3,
    },
    place: {
      city: 'Marseille',
      region: 'Provence-Alpes-Côte d’Azur',
      country: 'France',
      country_code: 'FR',
      distance_km: 1.4,
    },
    colors: ['#2a5d8f', '#e8d9b0', '#7a8f52', '#c4622d', '#1c1f24'].map((hex, i) => ({
      hex,
      share: 0.4 - i * 0.08,
      name: ['steel blue', 'sand', 'olive', 'rust', 'black'][i]!,
    })),
    color_bins: Array.from({ length: 8 }, (_, i) => ({
      bin: `${i}-3-2`,
      l: 0.5,
      a: 0.01 * i,
      b: -0.02 * i,
      share: 0.1,
    })),
    placeholder: '3OcRJYB4d3h/iIeHeEh3eIhw+j2w',
    phash: 'f0e1d2c3b4a59687',
    cluster: {
      cluster_id: id(2, n % CLUSTERS),
      similarity: 0.7312,
      threshold: 0.5541,
      runner_up: { cluster_id: id(2, (n + 1) % CLUSTERS), similarity: 0.4127 },
      margin: 0.0312,
      reason: 'assigned',
    },
    faces: Array.from({ length: n % 4 }, (_, i) => ({
      n: i,
      box: { x: 0.21 + i / 5, y: 0.18, width: 0.09, height: 0.13 },
      person_id: i === 2 ? null : id(3, (n + i) % PEOPLE),
      similarity: i === 2 ? null : 0.81,
    })),
    taken_at: '2026-05-01T14:00:00',
    taken_at_offset: '+02:00',
    taken_at_source: 'offset_tag',
    taken_key: `2026-05-01T14:00:00#${image_id}`,
    created_at: AT,
    updated_at: AT,
    processing_ms: 4120,
    processing_started_at: AT,
  };
}

/** All items that a page of `count` photos is made of: the photos, names of clusters and people, the profile. */
export function galleryItems(count: number): Record<string, unknown>[] {
  const user_id = GALLERY_USER;
  return [
    { user_id, sk: 'PROFILE', created_at: AT },
    ...Array.from({ length: count }, (_, n) => ({ ...photo(n) })),
    ...Array.from({ length: CLUSTERS }, (_, n) => ({
      user_id,
      sk: `CLUSTER#${id(2, n)}`,
      cluster_id: id(2, n),
      name: `Evenings at the ${WORDS[n]}`,
      size: 100,
      newest: Array.from({ length: 12 }, (_, i) => id(1, i)),
      created_at: AT,
      updated_at: AT,
    })),
    ...Array.from({ length: PEOPLE }, (_, n) => ({
      user_id,
      sk: `PERSON#${id(3, n)}`,
      person_id: id(3, n),
      name: `Person ${n}`,
      created_at: AT,
      updated_at: AT,
    })),
  ];
}
