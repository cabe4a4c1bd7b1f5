import type { RouteId } from '../../../../shared/contract/routes.ts';

/** A body for each route that takes one; a test holds them against the contract. */
export const bodyExamples = {
  signup: { email: 'ada@example.org', password: 'correct horse', name: 'Ada' },
  token: { username: 'ada@example.org', password: 'correct horse' },
  login: { email: 'ada@example.org', password: 'correct horse' },
  refresh: { refresh_token: 'AMf-vBx…' },
  createUploads: {
    files: [
      {
        filename: 'beach.jpg',
        content_type: 'image/jpeg',
        bytes: 482113,
        sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      },
    ],
  },
  cluster: { k: 'auto', names: true },
  editPerson: { name: 'Ada', hidden: false },
  mergePeople: {
    into: '019c1b2f-0d11-7b0a-8c43-55b1d2e9f7a0',
    from: ['019c1b2f-1f60-7c52-b1aa-0c9f6a4d2e11'],
  },
  splitPerson: { image_ids: ['019c1b2e-7a40-7c7e-9d52-3f6a1f0b8e21'], to: 'new' },
  assignFace: { name: 'Ada' },
  editCluster: { name: 'Summer in Lisbon', cover_image_id: '019c1b2e-7a40-7c7e-9d52-3f6a1f0b8e21' },
  mergeClusters: {
    into: '019c1b2f-0d11-7b0a-8c43-55b1d2e9f7a0',
    from: ['019c1b2f-0d12-7b0a-8c43-55b1d2e9f7a1'],
  },
  moveImages: { image_ids: ['019c1b2e-7a40-7c7e-9d52-3f6a1f0b8e21'], to: { name: 'At the harbour' } },
  editImage: { title: 'First day at the sea', tags: ['beach', 'lisbon'], favorite: true },
  reprocessImage: { stages: ['describe'] },
  reprocessImages: { status: 'degraded', stages: ['describe'], dry_run: true },
  createAlbum: { kind: 'smart', name: 'Dogs by the sea', query: { tag: 'dog,beach' } },
  createManualAlbum: { name: 'Lisbon', image_ids: ['019c1b2e-7a40-7c7e-9d52-3f6a1f0b8e21'] },
  generateAlbums: { by: ['city', 'event'], min_images: 3 },
  editAlbum: { name: 'A week in Lisbon', sort: 'manual' },
  addToAlbum: { ids: ['019c1b2e-7a40-7c7e-9d52-3f6a1f0b8e21'], after: null },
  removeFromAlbum: { ids: ['019c1b2e-7a40-7c7e-9d52-3f6a1f0b8e21'] },
  createLink: { expires_in: 604_800, password: 'sea shells', download: true },
  accessShared: { password: 'sea shells' },
  createDownload: { all: true },
  batch: { action: 'tag', ids: ['019c1b2e-7a40-7c7e-9d52-3f6a1f0b8e21'], add: ['summer'], remove: [] },
} as const satisfies Partial<Record<RouteId, unknown>>;

/** A value for each path parameter. */
export const parameterExamples: Readonly<Record<string, string>> = {
  image_id: '019c1b2e-7a40-7c7e-9d52-3f6a1f0b8e21',
  cluster_id: '019c1b2f-0d11-7b0a-8c43-55b1d2e9f7a0',
  album_id: '019c1b31-2b7d-7a3e-b1c4-0d6f5e8a9c72',
  link_id: '019c1b31-0c5d-7e21-8f60-3d2b7a9e4c05',
  token: 'kX0s2m1Qv5l8bU3rTz7yN4wJ6cE9aHdGfPqKoLiVeRg',
  n: '0',
  person_id: '019c1b2f-0d11-7b0a-8c43-55b1d2e9f7a0',
  job_id: '019c1b30-41c8-7f5d-a0de-92c47be0a613',
  size: 'medium',
  part: '1',
};
