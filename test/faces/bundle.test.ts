import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { expect, onTestFinished, test } from 'vitest';
import { createBundles } from '../../lib/bundle.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { photosThere, photos as realPhotos } from '../fixtures/real-photos.ts';
import { lambdaContext, sqsEvent } from '../support/sqs-event.ts';
import { BUCKET, startWorld, TABLE } from '../support/world.ts';
import { openPhotos } from './photos.ts';

const SHARP = resolve(import.meta.dirname, '../../node_modules/sharp');

/** Calls the handler of the module named first with the event named second, as Lambda does. */
const CALL = `const { handler } = await import(process.argv[1]);
const answer = await handler(JSON.parse(process.argv[2]), JSON.parse(process.argv[3]));
if (answer.batchItemFailures.length > 0) process.exitCode = 1;`;

test('what is deployed finds faces with nothing beside it but its files and sharp', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'shoebox-faces-'));
  const world = await startWorld();
  onTestFinished(async () => {
    rmSync(folder, { recursive: true, force: true });
    await world.stop();
  });
  const bundles = createBundles(new Stack(), ['faces']);
  const code = join(folder, 'code');
  cpSync((bundles.codeFor('faces') as unknown as { path: string }).path, code, { recursive: true });
  mkdirSync(join(folder, 'layer'));
  symlinkSync(SHARP, join(folder, 'layer', 'sharp'), 'dir');

  const there = photosThere('faces');
  const picture = there
    ? readFileSync(realPhotos('faces', 'couple.jpg'))
    : await drawPicture({ width: 300, height: 200 });
  const photos = openPhotos(world, 'ann');
  await photos.accept(1);
  const { userId, imageId } = photos.keyOf(1);
  await photos.objects.write(`originals/${userId}/${imageId}`, picture, 'image/jpeg');
  const event = sqsEvent({ user_id: userId, image_id: imageId });
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      CALL,
      join(code, 'handler.mjs'),
      JSON.stringify(event),
      JSON.stringify(lambdaContext),
    ],
    {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...world.environment,
        NODE_PATH: join(folder, 'layer'),
        TABLE_NAME: TABLE,
        BUCKET_NAME: BUCKET,
        ORGANIZE_QUEUE_URL: world.urls.organize,
        LOG_LEVEL: 'ERROR',
      },
    },
  );
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await photos.stage(1)).toMatchObject({ state: 'done' });
  expect(await photos.stored(1)).toMatchObject({ faces: there ? 2 : 0 });
  expect(existsSync(join(code, 'node_modules/@vladmandic/face-api/demo'))).toBe(false);
  expect(statSync(join(code, 'handler.mjs')).size).toBeLessThan(4_000_000);
});
