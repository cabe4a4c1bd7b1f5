import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createFaces } from '../../shared/adapters/faces.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { facesOf } from '../support/faces.ts';
import { lambdaContext, sqsEvent } from '../support/sqs-event.ts';
import { TABLE } from '../support/world.ts';
import { startApiWithAzure } from './gallery.ts';

/** What a model was asked in a chat. */
export interface Asked {
  messages: { role: string; content: unknown }[];
}

type Handler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

interface Model {
  asked: Asked[];
  /** What it answers, as JSON. */
  says: object;
  /** A status that it answers instead, with an error that repeats all it was asked. */
  fails?: number;
}

/** An Azure that notes what it is asked and answers chats with `says`; embeddings come from `emulator`. */
async function startModel(emulator: () => string) {
  const model: Model = { asked: [], says: {} };
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    response.setHeader('content-type', 'application/json');
    if (request.url?.includes('/embeddings')) {
      const headers = { 'content-type': 'application/json', 'api-key': request.headers['api-key'] as string };
      const answer = await fetch(emulator() + request.url, { method: 'POST', headers, body });
      response.statusCode = answer.status;
      return response.end(await answer.text());
    }
    model.asked.push(JSON.parse(body.toString()));
    if (model.fails !== undefined) {
      response.statusCode = model.fails;
      return response.end(JSON.stringify({ error: { code: 'bad', message: `Cannot answer: ${body.toString()}` } }));
    }
    const message = { role: 'assistant', content: JSON.stringify(model.says), refusal: null };
    const usage = { prompt_tokens: 900, completion_tokens: 120, total_tokens: 1020 };
    const choices = [{ index: 0, finish_reason: 'stop', message }];
    return response.end(JSON.stringify({ model: 'gpt-4o-mini-2024-07-18', choices, usage }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  async function stop() {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  return { model, endpoint, stop };
}

/**
 * The api function and the workers behind its queues as they are exported, over one world of emulators, with a model whose questions
 * and answers the test has in its hands. Only faces are found by the test: every photo shows one of its own person.
 */
export async function startPipeline(overrides: Record<string, string> = {}) {
  let emulator = '';
  const azure = await startModel(() => emulator);
  const api = await startApiWithAzure({
    AZURE_OPENAI_ENDPOINT: azure.endpoint,
    AZURE_OPENAI_DEPLOYMENT_NAME: 'chat',
    AZURE_OPENAI_API_VERSION: '2024-10-21',
    ...overrides,
  });
  emulator = api.azure.endpoint;
  const { world } = api;
  const handlers = {
    ingest: (await import('../../functions/ingest/handler.ts')).handler as Handler,
    describe: (await import('../../functions/describe/handler.ts')).handler as Handler,
    organize: (await import('../../functions/organize/handler.ts')).handler as Handler,
    jobs: (await import('../../functions/jobs/handler.ts')).handler as Handler,
  };
  const images = createImages(world.table, TABLE, () => new Date());
  const faces = createFaces(world.table, TABLE);
  let people = 0;

  async function deliver(name: keyof typeof handlers, bodies: readonly unknown[]): Promise<void> {
    const { batchItemFailures } = await handlers[name](sqsEvent(...bodies), lambdaContext);
    if (batchItemFailures.length > 0) throw new Error(`${name} failed for ${JSON.stringify(bodies)}`);
  }

  async function findFaces({ user_id: userId, image_id: imageId }: { user_id: string; image_id: string }) {
    people += 1;
    await faces.put(userId, { image_id: imageId, generation: 0, faces: facesOf(people % 80, people % 40) });
    const ended = await images.endStage({ userId, imageId }, 'faces', { state: 'done' });
    const event = { type: 'described', event_id: `faces:${imageId}:0`, user_id: userId, image_id: imageId };
    if (ended) await deliver('organize', [event]);
  }

  return {
    ...api,
    model: azure.model,
    deliver,

    /** Tells the workers of all that waits, until nothing does. */
    async work(): Promise<void> {
      for (let idle = false; !idle; ) {
        const arrived = await world.keys('incoming/');
        for (const key of arrived) {
          const object = { key: encodeURIComponent(key).replaceAll('%2F', '/') };
          await deliver('ingest', [{ Records: [{ s3: { object } }] }]);
        }
        const described = await world.drain('describe');
        for (const body of described) await deliver('describe', [body]);
        const looked = await world.drain('faces');
        for (const body of looked) await findFaces(body as { user_id: string; image_id: string });
        const events = await world.drain('organize');
        for (const body of events) await deliver('organize', [body]);
        const jobs = await world.drain('jobs');
        for (const body of jobs) await deliver('jobs', [body]);
        idle = [arrived, described, looked, events, jobs].every(({ length }) => length === 0);
      }
    },

    async stop() {
      await api.stop();
      await azure.stop();
    },
  };
}
export type Pipeline = Awaited<ReturnType<typeof startPipeline>>;
