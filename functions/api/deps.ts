import type { Activities } from '../../shared/adapters/activities.ts';
import type { AlbumImages } from '../../shared/adapters/album-images.ts';
import type { Albums } from '../../shared/adapters/albums.ts';
import type { AutoAlbums } from '../../shared/adapters/auto-albums.ts';
import type { AzureThrottle } from '../../shared/adapters/azure-throttle.ts';
import type { Checksums } from '../../shared/adapters/checksums.ts';
import type { Clusters } from '../../shared/adapters/clusters.ts';
import type { Departures } from '../../shared/adapters/departures.ts';
import type { DownloadUrls } from '../../shared/adapters/download-urls.ts';
import type { Embeddings } from '../../shared/adapters/embeddings.ts';
import type { FaceAssignments } from '../../shared/adapters/face-assignments.ts';
import type { Identity } from '../../shared/adapters/identity/accounts.ts';
import type { AssertSessionAlive, Sessions } from '../../shared/adapters/identity/sessions.ts';
import type { Clock, NewId } from '../../shared/adapters/ids.ts';
import type { ImageEdits } from '../../shared/adapters/image-edits.ts';
import type { RenderImageUrls } from '../../shared/adapters/image-urls.ts';
import type { Images } from '../../shared/adapters/images.ts';
import type { Jobs } from '../../shared/adapters/jobs.ts';
import type { Links } from '../../shared/adapters/links.ts';
import type { NearDuplicates } from '../../shared/adapters/near-duplicates.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { OpenLink } from '../../shared/adapters/open-link.ts';
import type { People } from '../../shared/adapters/people.ts';
import type { Postings } from '../../shared/adapters/postings.ts';
import type { Probes } from '../../shared/adapters/probes.ts';
import type { Profiles } from '../../shared/adapters/profiles.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import type { ShareSignatures } from '../../shared/adapters/share-signatures.ts';
import type { Spendings } from '../../shared/adapters/spendings.ts';
import type { Summaries } from '../../shared/adapters/summaries.ts';
import type { Tallies } from '../../shared/adapters/tallies.ts';
import type { Undo } from '../../shared/adapters/undo.ts';
import type { UploadLedgers } from '../../shared/adapters/upload-ledgers.ts';
import type { UploadForms } from '../../shared/adapters/uploads.ts';
import type { Vectors } from '../../shared/adapters/vectors.ts';
import type { Logger } from '../../shared/lambda/logger.ts';
import type { EmbedQuery } from './search/embed-query.ts';

/** All the use cases work with, built once per process. */
export interface Deps {
  images: Images;
  edits: ImageEdits;
  checksums: Checksums;
  clusters: Clusters;
  albums: Albums;
  albumImages: AlbumImages;
  autoAlbums: Pick<AutoAlbums, 'placeNames'>;
  undo: Pick<Undo, 'get'>;
  postings: Postings;
  summaries: Pick<Summaries, 'get'>;
  tallies: Tallies;
  activities: Pick<Activities, 'list'>;
  embeddings: Pick<Embeddings, 'getMany'>;
  vectors: Pick<Vectors, 'query'>;
  people: People;
  faceAssignments: FaceAssignments;
  profiles: Pick<Profiles, 'get' | 'setFaceDetection' | 'noteExport' | 'noteDownloads'>;
  nearDuplicates: Pick<NearDuplicates, 'neighbours'>;
  embedQuery: EmbedQuery;
  jobs: Jobs;
  objects: Objects;
  queues: Queues;
  uploadForms: UploadForms;
  uploadLedgers: UploadLedgers;
  spendings: Pick<Spendings, 'thisMonth'>;
  imageUrls: RenderImageUrls;
  downloadUrls: DownloadUrls;
  links: Links;
  openLink: OpenLink;
  shareSignatures: ShareSignatures;
  departures: Pick<Departures, 'begin' | 'isGone'>;
  identity: Identity;
  sessions: Sessions;
  assertSessionAlive: AssertSessionAlive;
  loadProbes: () => Promise<Probes>;
  azureThrottle: Pick<AzureThrottle, 'last'>;
  /** What one person may use; `Infinity` where there is no limit. */
  limits: { images: number; bytes: number; aiMicroUsd: number; formLifetimeMs: number };
  /** How long photos are kept in the trash. */
  trashDays: number;
  /** Which optional parts this deployment has. */
  configured: { azure: boolean; identity: boolean };
  logger: Logger;
  clock: Clock;
  newId: NewId;
  /** A secret nobody can guess, fit for a URL. */
  newToken: () => string;
  sleep: (milliseconds: number) => Promise<unknown>;
}
