import type { Activities } from '../../shared/adapters/activities.ts';
import type { Albums } from '../../shared/adapters/albums.ts';
import type { AutoAlbums } from '../../shared/adapters/auto-albums.ts';
import type { Checksums } from '../../shared/adapters/checksums.ts';
import type { Clustering } from '../../shared/adapters/clustering.ts';
import type { Clusters } from '../../shared/adapters/clusters.ts';
import type { Embeddings } from '../../shared/adapters/embeddings.ts';
import type { Events } from '../../shared/adapters/events.ts';
import type { FaceAssignments } from '../../shared/adapters/face-assignments.ts';
import type { Faces } from '../../shared/adapters/faces.ts';
import type { Clock } from '../../shared/adapters/ids.ts';
import type { ImageEdits } from '../../shared/adapters/image-edits.ts';
import type { ImageIndex } from '../../shared/adapters/image-index.ts';
import type { Images } from '../../shared/adapters/images.ts';
import type { Jobs } from '../../shared/adapters/jobs.ts';
import type { NearDuplicates } from '../../shared/adapters/near-duplicates.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { People } from '../../shared/adapters/people.ts';
import type { Postings } from '../../shared/adapters/postings.ts';
import type { Profiles } from '../../shared/adapters/profiles.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import type { Rebuilt } from '../../shared/adapters/rebuilt.ts';
import type { Tallies } from '../../shared/adapters/tallies.ts';
import type { Undo } from '../../shared/adapters/undo.ts';
import type { Vectors } from '../../shared/adapters/vectors.ts';
import type { OrganizeEvent } from '../../shared/contract/messages.ts';
import type { Background } from '../../shared/domain/clustering/background.ts';
import type { OpenWork } from './bring-in-line.ts';
import type { Session } from './session.ts';

export interface OrganizeDeps {
  images: Images;
  embeddings: Embeddings;
  faces: Faces;
  vectors: Vectors;
  checksums: Checksums;
  objects: Objects;
  clustering: Clustering;
  clusters: Clusters;
  index: ImageIndex;
  events: Events;
  tallies: Pick<Tallies, 'page'>;
  albums: Albums;
  autoAlbums: AutoAlbums;
  edits: Pick<ImageEdits, 'inAlbums'>;
  near: NearDuplicates;
  activities: Pick<Activities, 'note'>;
  faceAssignments: FaceAssignments;
  people: People;
  postings: Pick<Postings, 'newest'>;
  profiles: Pick<Profiles, 'faceDetection'>;
  jobs: Jobs;
  undo: Undo;
  rebuilt: Pick<Rebuilt, 'note'>;
  queues: Queues;
  /** Similarity of unrelated images, as the embeddings in use are known for. */
  background: Background;
  /** Whether there is a model to ask for cluster names. */
  canName: boolean;
  clock: Clock;
}

export type EventOf<T extends OrganizeEvent['type']> = Extract<OrganizeEvent, { type: T }>;

/** One user's batch: its session is read when the first event needs it. */
export interface Batch {
  userId: string;
  session: () => Promise<Session>;
  work: OpenWork;
}
