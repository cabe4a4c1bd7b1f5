import { S3VectorsClient } from '@aws-sdk/client-s3vectors';

/** Made once per process, like the clients of `clients.ts`; apart from them for functions that load it late. */
export const createVectorsClient = () => new S3VectorsClient({});
