import { createHash } from 'node:crypto';
import type { ObjectCreated } from './emulators/aws.ts';
import { matchingNotifications, type Notification } from './notification-rules.ts';

/** Keys in events are encoded like form fields: a space is `+`, slashes stay. */
export function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replace(/%20/g, '+')
    .replace(/%2F/g, '/')
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The message body for one event (S3 user guide, "Event message structure", version 2.1). */
export function createEventMessage(
  notification: Notification,
  event: ObjectCreated,
  where: { region: string; accountId: string; at: Date; requestId: string },
): string {
  return JSON.stringify({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: where.region,
        eventTime: where.at.toISOString(),
        eventName: event.eventName.replace(/^s3:/, ''),
        userIdentity: { principalId: where.accountId },
        requestParameters: { sourceIPAddress: '127.0.0.1' },
        responseElements: { 'x-amz-request-id': where.requestId, 'x-amz-id-2': where.requestId },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: notification.id,
          bucket: {
            name: event.bucket,
            ownerIdentity: { principalId: where.accountId },
            arn: `arn:aws:s3:::${event.bucket}`,
          },
          object: {
            key: encodeKey(event.key),
            size: event.size,
            eTag: event.etag.replaceAll('"', ''),
            sequencer: event.sequencer,
          },
        },
      },
    ],
  });
}

export interface NotifierOptions {
  readonly notifications: readonly Notification[];
  readonly send: (queueUrl: string, body: string) => Promise<unknown>;
  readonly region: string;
  readonly accountId: string;
  /** What was announced in earlier runs: S3 sends its test event when a configuration is set, not at each start. */
  readonly announced: { has(fingerprint: string): boolean; add(fingerprint: string): Promise<void> };
  readonly clock: () => Date;
  readonly newId: () => string;
}

/** Sends S3's events to the queues that want them. */
export function createNotifier(options: NotifierOptions) {
  const { notifications, send, region, accountId, announced, clock, newId } = options;
  return {
    /** Sends `s3:TestEvent` to every queue whose configuration is new. */
    async announce(): Promise<void> {
      for (const notification of notifications) {
        // Not the URL, whose port may be another one each time.
        const { queueUrl: _, ...configuration } = notification;
        const fingerprint = createHash('sha256').update(JSON.stringify(configuration)).digest('hex');
        if (announced.has(fingerprint)) continue;
        const requestId = newId();
        await send(
          notification.queueUrl,
          JSON.stringify({
            Service: 'Amazon S3',
            Event: 's3:TestEvent',
            Time: clock().toISOString(),
            Bucket: notification.bucket,
            RequestId: requestId,
            HostId: requestId,
          }),
        );
        await announced.add(fingerprint);
      }
    },

    /** Resolves once every queue that wants the event has it. */
    async notify(event: ObjectCreated): Promise<void> {
      for (const notification of matchingNotifications(notifications, event)) {
        const where = { region, accountId, at: clock(), requestId: newId() };
        await send(notification.queueUrl, createEventMessage(notification, event, where));
      }
    },
  };
}
