import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startAws } from '../../../local/emulators/aws.ts';
import { REGION, startTestAws } from '../../contract/aws.ts';

const options = { region: REGION, accountId: '000000000000', timeScale: 1 };

test('a data folder belongs to one running stack, and to the next one after that', async () => {
  const first = await startTestAws();
  await expect(startAws({ ...options, dataDir: first.dataDir })).rejects.toThrow(/in use by another local stack/);
  await first.stop();
  const second = await startTestAws({ dataDir: first.dataDir });
  expect(second.credentials).toEqual(first.credentials);
  await second.dispose();
});

test('a taken port fails the start and leaves nothing behind', async () => {
  const first = await startTestAws();
  const port = Number(new URL(first.endpoints.s3).port);
  const other = await startTestAws();
  await other.stop();
  await expect(startAws({ ...options, dataDir: other.dataDir, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  const again = await startTestAws({ dataDir: other.dataDir });
  await again.dispose();
  await first.dispose();
});

test('only the loopback interface is listened on, and no service answers the unsigned', async () => {
  const aws = await startTestAws();
  for (const endpoint of new Set(Object.values(aws.endpoints))) expect(new URL(endpoint).hostname).toBe('127.0.0.1');
  const targets = ['DynamoDB_20120810.ListTables', 'AmazonSQS.ListQueues', 'secretsmanager.ListSecrets'];
  for (const target of targets) {
    const headers = { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.0' };
    const plain = await fetch(aws.endpoints.s3, { method: 'POST', body: '{}', headers });
    expect(plain.ok).toBe(false);
    // A scope alone picks the service; it opens nothing.
    const service = target.startsWith('Dynamo') ? 'dynamodb' : target.startsWith('Amazon') ? 'sqs' : 'secretsmanager';
    const scope = `${aws.credentials.accessKeyId}/20260101/${REGION}/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`;
    const date = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
    const forged = await fetch(aws.endpoints.s3, {
      method: 'POST',
      body: '{}',
      headers: { ...headers, authorization, 'x-amz-date': date },
    });
    expect([forged.status, await forged.text()]).toEqual([403, expect.stringContaining('SignatureDoesNotMatch')]);
  }
  const malformed = await fetch(`${aws.endpoints.s3}/bucket/%E0%A4%A?X-Amz-Credential=%E0%A4%A`);
  expect(malformed.status).toBe(400);
  await aws.dispose();
});

test('credentials are readable by the owner alone', async () => {
  const aws = await startTestAws();
  expect((await stat(join(aws.dataDir, 'credentials.json'))).mode & 0o077).toBe(0);
  expect(await readdir(aws.dataDir)).toContain('s3');
  await aws.dispose();
});
