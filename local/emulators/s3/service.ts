import { readFile, rm } from 'node:fs/promises';
import type { Authenticator } from '../authenticator.ts';
import { AwsError } from '../errors.ts';
import { type Exchange, reply, type Service } from '../gate.ts';
import { element } from '../xml.ts';
import { receiveBody } from './body.ts';
import * as buckets from './buckets.ts';
import { allowOrigin, preflight } from './cors.ts';
import { deleteObject, deleteObjects } from './delete-objects.ts';
import { getObject } from './get-object.ts';
import { listObjects } from './list-objects.ts';
import { postObject } from './post-object.ts';
import { copyObject, putObject } from './put-object.ts';
import {
  header,
  type ObjectCreated,
  type S3Context,
  type S3Request,
  type SignedS3Request,
  toS3Request,
} from './request.ts';
import { openObjectStore } from './store.ts';
import { createUploads } from './uploads.ts';

export interface S3 extends Service {
  onObjectCreated(listener: (event: ObjectCreated) => Promise<void>): void;
  stop(): void;
}

type Operation = { name: string; run: (request: SignedS3Request) => Promise<void> | void };

/**
 * S3 over its REST-XML protocol: buckets, objects, upload forms, multipart uploads, CORS. Every request is held against
 * its signature; a browser form against its policy. No ACLs, versions, tags or bucket policies are enforced.
 */
export function createS3(options: {
  directory: string;
  region: string;
  accountId: string;
  authenticator: Authenticator;
  clock: () => Date;
  newId: () => string;
}): S3 {
  const { authenticator, clock, newId } = options;
  const store = openObjectStore(options.directory, clock, newId);
  const listeners: ((event: ObjectCreated) => Promise<void>)[] = [];
  const context: S3Context = {
    store,
    clock,
    newId,
    created: async (event) => {
      await Promise.all(listeners.map((listener) => listener(event)));
    },
  };
  const uploads = createUploads(context);

  /** A small XML body, checked like any other. */
  async function text(request: SignedS3Request): Promise<string> {
    const { path } = await receiveBody(request.request, request.authentication, store.blobs.incoming());
    const body = await readFile(path, 'utf8');
    await rm(path);
    return body;
  }

  function bucketOperation(request: S3Request): Operation | undefined {
    const configuration = buckets.configurationOf(request);
    if (configuration) {
      const { kind, name } = configuration;
      if (request.method === 'PUT') {
        return { name: `Put${name}`, run: async (r) => buckets.putConfiguration(r, context, kind, await text(r)) };
      }
      if (request.method === 'GET')
        return { name: `Get${name}`, run: (r) => buckets.getConfiguration(r, context, kind) };
      if (request.method === 'DELETE')
        return { name: `Delete${name}`, run: (r) => buckets.deleteConfiguration(r, context, kind) };
    }
    switch (request.method) {
      case 'PUT':
        return { name: 'CreateBucket', run: (r) => buckets.createBucket(r, context) };
      case 'HEAD':
        return { name: 'HeadBucket', run: (r) => buckets.headBucket(r, context, options.region) };
      case 'DELETE':
        return { name: 'DeleteBucket', run: (r) => buckets.deleteBucket(r, context) };
      case 'GET':
        return {
          name: request.query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects',
          run: (r) => listObjects(r, context),
        };
      case 'POST':
        if (!request.query.has('delete')) return undefined;
        return { name: 'DeleteObjects', run: async (r) => deleteObjects(r, context, await text(r)) };
      default:
        return undefined;
    }
  }

  function objectOperation(request: S3Request): Operation | undefined {
    const { method, query } = request;
    if (query.has('uploadId')) {
      if (method === 'PUT') return { name: 'UploadPart', run: uploads.putPart };
      if (method === 'POST')
        return { name: 'CompleteMultipartUpload', run: async (r) => uploads.complete(r, await text(r)) };
      if (method === 'DELETE') return { name: 'AbortMultipartUpload', run: uploads.abort };
      if (method === 'GET') return { name: 'ListParts', run: uploads.listParts };
    }
    if (method === 'POST')
      return query.has('uploads') ? { name: 'CreateMultipartUpload', run: uploads.create } : undefined;
    // Sub-resources of objects (tags, ACLs …) are not there; they must not be taken for the object itself.
    if (['tagging', 'acl', 'attributes', 'retention', 'legal-hold', 'torrent'].some((name) => query.has(name)))
      return undefined;
    if (method === 'PUT') {
      const copies = header(request, 'x-amz-copy-source') !== undefined;
      return copies
        ? { name: 'CopyObject', run: (r) => copyObject(r, context) }
        : { name: 'PutObject', run: (r) => putObject(r, context) };
    }
    if (method === 'GET' || method === 'HEAD') {
      return { name: method === 'GET' ? 'GetObject' : 'HeadObject', run: (r) => getObject(r, context) };
    }
    if (method === 'DELETE') return { name: 'DeleteObject', run: (r) => deleteObject(r, context) };
    return undefined;
  }

  async function handle(exchange: Exchange): Promise<void> {
    const request = toS3Request(exchange);
    const cors = store.hasBucket(request.bucket) ? store.configuration(request.bucket, 'cors') : undefined;
    if (request.method === 'OPTIONS') {
      await exchange.begin('Preflight');
      preflight(request, cors);
      return;
    }
    allowOrigin(request, cors);
    const isForm = header(request, 'content-type')?.startsWith('multipart/form-data') === true;
    if (request.method === 'POST' && request.key === '' && isForm) {
      await exchange.begin('PostObject');
      await postObject(request, context, authenticator);
      return;
    }
    const operation =
      request.bucket === ''
        ? { name: 'ListBuckets', run: (r: SignedS3Request) => buckets.listBuckets(r, context, options.accountId) }
        : request.key === ''
          ? bucketOperation(request)
          : objectOperation(request);
    await exchange.begin(operation?.name ?? 'Unknown');
    const authentication = authenticator.verify(request, 's3');
    if (!operation) {
      throw new AwsError(
        'NotImplemented',
        `The emulator does not do ${request.method} ${request.rawPath}?${request.rawQuery}.`,
        501,
      );
    }
    await operation.run({ ...request, authentication });
  }

  return {
    handle,
    onObjectCreated: (listener) => void listeners.push(listener),
    fail(exchange, error) {
      const details = Object.entries(error.details).map(([name, value]) => [name, String(value)]);
      const content = {
        Code: error.code,
        Message: error.message,
        ...Object.fromEntries(details),
        RequestId: exchange.requestId,
      };
      const headers = { 'content-type': 'application/xml', 'x-amz-request-id': exchange.requestId };
      reply(exchange, error.status, headers, element('Error', content));
    },
    stop: () => store.close(),
  };
}
