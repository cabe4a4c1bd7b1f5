import { AzureMisconfigured, AzureUnavailable } from '../../shared/adapters/azure-openai.ts';
import { type AzureThrottle, heeds } from '../../shared/adapters/azure-throttle.ts';
import type { ImageKey } from '../../shared/adapters/images.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import { hasEnded, type ImageRecord, MOST_DESCRIBE_ATTEMPTS } from '../../shared/domain/image.ts';
import type { Logger } from '../../shared/lambda/logger.ts';
import { MessagePostponed } from '../../shared/lambda/queue.ts';
import { createPortray, type PortrayDeps } from './portray.ts';

/** Everything describe does, in order. A run may die before any of them and be repeated from the start. */
export const DESCRIBE_STEPS = ['look', 'heed', 'begin', 'ask', 'keep', 'embed', 'store', 'finish', 'announce'] as const;
export type DescribeStep = (typeof DESCRIBE_STEPS)[number];

export interface DescribeDeps extends Omit<PortrayDeps, 'step'> {
  queues: Pick<Queues, 'organize' | 'postpone'>;
  throttle: AzureThrottle;
  /** Numbers from 0 up to, not including, 1. */
  random: () => number;
  /** Told before each step; what it throws ends the run there, as a dying process would. */
  checkpoint?: (step: DescribeStep) => void | Promise<void>;
}

export interface DescribeRequest extends ImageKey {
  /** Of the message, so that it can be made to wait. */
  receiptHandle: string;
  /** How often the message has been received, this time included. */
  receiveCount: number;
}

/** A person has to change a setting first; this is how long it then takes for photos to go on. */
const MISCONFIGURED_WAIT_SECONDS = 300;

/** By how much at most a photo that was often turned away comes later than it might. */
const LONGEST_SPREAD_SECONDS = 600;

/**
 * Has one photo described and embedded. May be repeated and run beside itself: words are bought once and kept at once, and the
 * first end of the stage counts. Throws `MessagePostponed` where the message is to come back later, and what is our own fault.
 */
export function createDescribe(deps: DescribeDeps) {
  const { images, embeddings, queues, throttle, azure, clock } = deps;
  const portray = createPortray({ ...deps, step });

  async function step<T>(name: DescribeStep, run: () => Promise<T>): Promise<T> {
    await deps.checkpoint?.(name);
    return run();
  }

  /** Tells `organize` that all that describe can say about the photo is said. */
  async function announce({ user_id, image_id, generation, stages }: ImageRecord): Promise<void> {
    if (hasEnded(stages.organize.state)) return;
    const event_id = `described:${image_id}:${generation}`;
    await step('announce', () => queues.organize([{ type: 'described', event_id, user_id, image_id }]));
  }

  /**
   * When a photo that is turned away may come back: not before Azure is asked again, and the later the more often it has come. Thousands
   * that wait would else all come at the end of each block, for a few of them to be let in and to be turned away.
   */
  function returnAfter(until: Date, { receiveCount }: DescribeRequest): Date {
    const spreadSeconds = Math.min(LONGEST_SPREAD_SECONDS, 2 ** (receiveCount - 1) - 1);
    return new Date(until.getTime() + deps.random() * spreadSeconds * 1_000);
  }

  async function postpone({ receiptHandle }: DescribeRequest, until: Date): Promise<never> {
    const seconds = Math.max(1, Math.ceil((until.getTime() - clock().getTime()) / 1_000));
    await queues.postpone('describe', receiptHandle, seconds);
    throw new MessagePostponed(`Azure OpenAI is left alone; the photo waits for ${seconds} s.`);
  }

  /**
   * Azure is away, or set up wrongly: neither is the photo's fault, so the run does not count. It does where Azure has just
   * answered others and breaks on this one: such a photo would make everybody wait again and again.
   */
  async function waitForAzure(
    request: DescribeRequest,
    begun: ImageRecord,
    seconds: number | undefined,
    { counts }: { counts: boolean },
  ): Promise<never> {
    const until = returnAfter(await throttle.block(seconds, request.userId), request);
    await images.postponeStage(request, 'describe', begun, until, { counts });
    return postpone(request, until);
  }

  async function giveUp(request: DescribeRequest, begun: ImageRecord): Promise<void> {
    const message = `The picture could not be described in ${MOST_DESCRIBE_ATTEMPTS} attempts. The photo itself is safe.`;
    const error = { code: 'describe_gave_up', message };
    const ended = await images.endStage(request, 'describe', { state: 'failed', error }, {}, begun);
    if (ended) await announce(ended);
  }

  async function run(request: DescribeRequest, begun: ImageRecord, logger: Logger): Promise<void> {
    const outcome = await portray(request, begun);
    const ended = outcome && (await step('finish', () => images.endStage(request, 'describe', outcome, {}, begun)));
    if (!ended) return clearUp(request);
    const { state, error, tokens, ms } = ended.stages.describe;
    logger.info('Described', { state, code: error?.code, tokens, ms });
    await announce(ended);
  }

  /** Erased meanwhile, or sent on a new round: whoever did that saw to the rest, and knew of no embedding that was stored since. */
  async function clearUp(request: DescribeRequest): Promise<void> {
    const record = await images.get(request);
    if (!record || record.deleted_at) await embeddings.remove(request.userId, request.imageId);
  }

  return async function describe(request: DescribeRequest, logger: Logger): Promise<void> {
    const record = await step('look', () => images.get(request));
    if (!record || record.deleted_at) return embeddings.remove(request.userId, request.imageId);
    if (record.status !== 'processing' || !hasEnded(record.stages.ingest.state)) return;
    if (hasEnded(record.stages.describe.state)) return announce(record);

    const block = azure && (await step('heed', () => throttle.last()));
    if (block && heeds(block, request.userId, clock())) {
      const until = returnAfter(block.until, request);
      await images.touch(request, until);
      return postpone(request, until);
    }
    const isOver = block !== null && block.until <= clock();
    // A run that dies cannot count itself out.
    if (record.stages.describe.attempts >= MOST_DESCRIBE_ATTEMPTS) return giveUp(request, record);
    const begun = await step('begin', () => images.beginStage(request, 'describe', record));
    // Ended or erased since the look: whoever did that saw to the rest.
    if (!begun) return;

    try {
      await run(request, begun, logger);
    } catch (error) {
      if (error instanceof AzureUnavailable) {
        const counts = block === null && error.status !== 429;
        return waitForAzure(request, begun, error.retryAfterSeconds, { counts });
      }
      if (error instanceof AzureMisconfigured) {
        logger.error('Photos wait until a setting is changed.', error);
        return waitForAzure(request, begun, MISCONFIGURED_WAIT_SECONDS, { counts: false });
      }
      if (begun.stages.describe.attempts < MOST_DESCRIBE_ATTEMPTS) throw error;
      logger.error('The stage is given up.', error as Error);
      return giveUp(request, begun);
    }
    if (isOver) await throttle.clear(block);
  };
}
