import { SQSClient } from '@aws-sdk/client-sqs';

/** Made once per process, like the clients of `clients.ts`; apart from them for functions that load it late. */
export const createSqsClient = () => new SQSClient({});
