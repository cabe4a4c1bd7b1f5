import { QUEUE_NAMES, type QueueName } from '../shared/contract/functions.ts';

const KINDS = QUEUE_NAMES.map((name) => name[0]?.toUpperCase() + name.slice(1));
/** `IngestQueue0A1B2C3D`, `IngestQueueDead0A1B2C3D`: what the CDK makes of the ids in queues.ts. */
const QUEUE = new RegExp(`(?:^|-)(${KINDS.join('|')})Queue(Dead)?[0-9A-F]{8}(?=$|[-.])`);

/** Whose queue it is by its logical id, or by a name or URL that CloudFormation or the local stack made of that; whether that of dead letters. */
export function readQueueName(id: string): { queue: QueueName; dead: boolean } | undefined {
  const [, kind, dead] = QUEUE.exec(id) ?? [];
  return kind === undefined ? undefined : { queue: kind.toLowerCase() as QueueName, dead: dead !== undefined };
}
