import type { AzureThrottle } from '../../shared/adapters/azure-throttle.ts';
import type { Checksums } from '../../shared/adapters/checksums.ts';
import type { Clusters } from '../../shared/adapters/clusters.ts';
import type { Identity } from '../../shared/adapters/identity/accounts.ts';
import type { AssertSessionAlive, Sessions } from '../../shared/adapters/identity/sessions.ts';
import type { Clock, NewId } from '../../shared/adapters/ids.ts';
import type { RenderImageUrls } from '../../shared/adapters/image-urls.ts';
import type { Images } from '../../shared/adapters/images.ts';
import type { Jobs } from '../../shared/adapters/jobs.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { Probes } from '../../shared/adapters/probes.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import type { UploadForms } from '../../shared/adapters/uploads.ts';
import type { Logger } from '../../shared/lambda/logger.ts';

/** All the use cases work with, built once per process. */
export interface Deps {
  images: Images;
  checksums: Checksums;
  clusters: Clusters;
  jobs: Jobs;
  objects: Objects;
  queues: Queues;
  uploadForms: UploadForms;
  imageUrls: RenderImageUrls;
  identity: Identity;
  sessions: Sessions;
  assertSessionAlive: AssertSessionAlive;
  probes: Probes;
  azureThrottle: Pick<AzureThrottle, 'last'>;
  /** Which optional parts this deployment has. */
  configured: { azure: boolean; identity: boolean };
  logger: Logger;
  clock: Clock;
  newId: NewId;
  sleep: (milliseconds: number) => Promise<unknown>;
}
