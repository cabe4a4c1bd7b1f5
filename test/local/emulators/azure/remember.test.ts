import { expect, test } from 'vitest';
import type { Seen } from '../../../../local/emulators/azure/vision/describe.ts';
import { rememberSeen } from '../../../../local/emulators/azure/vision/remember.ts';

test('a picture is looked at once, another one anew, and a failure is not remembered', async () => {
  const looked: string[] = [];
  let broken = true;
  const see = rememberSeen(async (image) => {
    const title = Buffer.from(image).toString();
    looked.push(title);
    if (title === 'broken' && broken) throw new Error('cannot be opened');
    return { title } as Seen;
  });
  const ask = async (title: string) => (await see(Buffer.from(title))).title;
  expect([await ask('dog'), await ask('cat'), await ask('dog')]).toEqual(['dog', 'cat', 'dog']);
  expect(looked).toEqual(['dog', 'cat']);
  await expect(ask('broken')).rejects.toThrow('cannot be opened');
  broken = false;
  expect(await ask('broken')).toBe('broken');
});

test('of very many pictures the oldest are forgotten', async () => {
  let looks = 0;
  const see = rememberSeen(async () => {
    looks += 1;
    return {} as Seen;
  });
  for (let number = 0; number <= 500; number += 1) await see(Buffer.from(String(number)));
  await see(Buffer.from('500'));
  expect(looks).toBe(501);
  await see(Buffer.from('0'));
  expect(looks).toBe(502);
});
