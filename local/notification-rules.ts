import * as z from 'zod';
import type { ObjectCreated } from './emulators/aws.ts';
import type { Scope } from './intrinsics.ts';
import type { Permissions } from './permissions.ts';
import { type Template, UnusableTemplate, viewResources } from './template.ts';

/** One rule of a bucket: which of its events go to which queue. */
export interface Notification {
  readonly id: string;
  readonly bucket: string;
  readonly queueArn: string;
  readonly queueUrl: string;
  /** `s3:ObjectCreated:*` or narrower. */
  readonly events: readonly string[];
  readonly prefix: string;
  readonly suffix: string;
}

// The emulator tells of objects that appear, so nothing else may be asked for.
const eventName = z.string().startsWith('s3:ObjectCreated:', 'expected an s3:ObjectCreated event');
const rules = z.array(z.object({ Name: z.string(), Value: z.string() }));

/** As the bucket itself has them in a template. */
const bucketSchema = z.object({
  NotificationConfiguration: z
    .strictObject({
      QueueConfigurations: z
        .array(
          z.object({
            Event: eventName,
            Filter: z.object({ S3Key: z.object({ Rules: rules }) }).optional(),
            Queue: z.string(),
          }),
        )
        .default([]),
    })
    .optional(),
});

/** As the CDK's custom resource has them: the words of S3's own API. */
const customSchema = z.object({
  BucketName: z.string(),
  NotificationConfiguration: z.strictObject({
    QueueConfigurations: z
      .array(
        z.object({
          Events: z.array(eventName),
          Filter: z.object({ Key: z.object({ FilterRules: rules }) }).optional(),
          QueueArn: z.string(),
        }),
      )
      .default([]),
  }),
});

interface Configured {
  readonly bucket: string;
  readonly queueArn: string;
  readonly events: readonly string[];
  readonly rules: z.infer<typeof rules>;
}

function readConfigured(template: Template, scope: Scope): Configured[] {
  const custom = viewResources(template, scope, ['Custom::S3BucketNotifications'], customSchema).flatMap(
    ({ properties }) =>
      properties.NotificationConfiguration.QueueConfigurations.map(({ Events, Filter, QueueArn }) => ({
        bucket: properties.BucketName,
        queueArn: QueueArn,
        events: Events,
        rules: Filter?.Key.FilterRules ?? [],
      })),
  );
  const own = viewResources(template, scope, ['AWS::S3::Bucket'], bucketSchema).flatMap(({ logicalId, properties }) =>
    (properties.NotificationConfiguration?.QueueConfigurations ?? []).map(({ Event, Filter, Queue }) => ({
      bucket: scope.ref(logicalId) ?? '',
      queueArn: Queue,
      events: [Event],
      rules: Filter?.S3Key.Rules ?? [],
    })),
  );
  return [...custom, ...own];
}

/**
 * The bucket notifications of the stack. Throws `UnusableTemplate` for a queue that is not in the stack or does not let the bucket
 * send to it, which S3 refuses too.
 */
export function readNotifications(template: Template, scope: Scope, permissions: Permissions): Notification[] {
  const queueUrls = new Map(
    viewResources(template, scope, ['AWS::SQS::Queue'], z.unknown()).map(({ logicalId }) => [
      scope.attribute(logicalId, 'Arn') ?? '',
      scope.ref(logicalId) ?? '',
    ]),
  );
  return readConfigured(template, scope).map(({ bucket, queueArn, events, rules: filter }, index) => {
    const queueUrl = queueUrls.get(queueArn);
    if (queueUrl === undefined || !permissions.maySend(queueArn, 's3.amazonaws.com', `arn:aws:s3:::${bucket}`)) {
      throw new UnusableTemplate(
        `Expected a queue of the stack that lets the bucket ${bucket} send to it, received ${queueArn}`,
      );
    }
    const rule = (name: string) => filter.find(({ Name }) => Name.toLowerCase() === name)?.Value ?? '';
    const id = `${bucket}-${index}`;
    return { id, bucket, queueArn, queueUrl, events, prefix: rule('prefix'), suffix: rule('suffix') };
  });
}

/** The rules an event of the emulator falls under. */
export function matchingNotifications(
  notifications: readonly Notification[],
  event: Pick<ObjectCreated, 'bucket' | 'key' | 'eventName'>,
): Notification[] {
  return notifications.filter(
    ({ bucket, events, prefix, suffix }) =>
      bucket === event.bucket &&
      events.some(
        (name) => name === event.eventName || (name.endsWith('*') && event.eventName.startsWith(name.slice(0, -1))),
      ) &&
      event.key.startsWith(prefix) &&
      event.key.endsWith(suffix),
  );
}
