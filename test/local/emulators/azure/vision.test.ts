import { spawn } from 'node:child_process';
import { once } from 'node:events';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startVision, type Vision } from '../../../../local/emulators/azure/vision/client.ts';
import { type Drawing, draw } from './drawings.ts';

let vision: Vision;
beforeAll(() => {
  vision = startVision();
});
afterAll(() => vision.stop());

describe('looks at pictures', () => {
  test.each<[Drawing, readonly string[], RegExp]>([
    ['stopSign', ['stop sign', 'street', 'sky'], /stop sign.*blue sky/],
    ['clock', ['clock'], /clock/],
    ['oranges', ['orange', 'fruit', 'food'], /two oranges/],
    ['meadow', ['landscape', 'sky', 'outdoor'], /landscape.*blue and green.*greenery/],
    ['beach', ['landscape', 'sand', 'sky'], /blue sky above.*sand/],
    ['snow', ['snow', 'landscape'], /perhaps snow/],
    ['sunset', ['sunset', 'sky'], /sunset or dawn/],
    ['night', ['night', 'black'], /dark/],
  ])('%s', async (drawing, tags, said) => {
    const seen = await vision.see(await draw(drawing));
    expect(seen.tags).toEqual(expect.arrayContaining([...tags]));
    expect(seen.description).toMatch(said);
    expect(seen.filename).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect([seen.width, seen.height]).toEqual([800, 600]);
  });

  test('a picture without content is not given any', async () => {
    const plain = await sharp({ create: { width: 300, height: 300, channels: 3, background: '#777' } })
      .png()
      .toBuffer();
    const { tags, description } = await vision.see(plain);
    expect(tags).toEqual(expect.arrayContaining(['grey', 'backdrop']));
    expect(description).not.toMatch(/It shows/);
  });

  test('refuses what is no picture', async () => {
    await expect(vision.see(Buffer.from('GIF89a, not really'))).rejects.toMatchObject({ status: 400 });
  });
});

describe('survives', () => {
  test('its process being killed while pictures wait: each still gets its own answer', async () => {
    const pictures = await Promise.all([draw('clock'), draw('oranges')]);
    await vision.see(pictures[0] ?? Buffer.of());
    const before = vision.pid();
    const answers = Promise.all(pictures.map((picture) => vision.see(picture)));
    process.kill(before ?? 0, 'SIGKILL');
    const [clock, oranges] = await answers;
    expect([clock?.tags[0], oranges?.tags[0]]).toEqual(['clock', 'orange']);
    expect(vision.pid()).not.toBe(before);
  });

  test('a picture that kills it twice is given up, and the next one is answered', async () => {
    const doomed = vision.see(await draw('clock'));
    for (let death = 0; death < 2; death += 1) {
      const pid = vision.pid() ?? 0;
      process.kill(pid, 'SIGKILL');
      if (death === 0) await expect.poll(() => vision.pid() ?? pid, { timeout: 10_000 }).not.toBe(pid);
    }
    await expect(doomed).rejects.toMatchObject({ status: 500 });
    expect((await vision.see(await draw('oranges'))).tags).toContain('orange');
  });

  test('askers who gave up cost nothing: their pictures are not looked at', async () => {
    const first = vision.see(await draw('clock'));
    const settled: string[] = [];
    const gaveUp = vision.see(await draw('oranges'), AbortSignal.abort()).catch(() => settled.push('gave up'));
    const last = vision.see(await draw('stopSign')).then(() => settled.push('last'));
    await Promise.all([first, gaveUp, last]);
    expect(settled).toEqual(['gave up', 'last']);
  });

  test('stopping ends its process and refuses further pictures', async () => {
    const other = startVision();
    await other.see(await draw('night'));
    const pid = other.pid() ?? 0;
    await other.stop();
    expect(isAlive(pid)).toBe(false);
    await expect(other.see(await draw('night'))).rejects.toMatchObject({ status: 503 });
  });

  test('its parent’s hard death leaves no process behind', async () => {
    const client = new URL('../../../../local/emulators/azure/vision/client.ts', import.meta.url);
    const script = `import { startVision } from '${client.href}';
      const vision = startVision();
      vision.see(new Uint8Array(9)).catch(() => console.log(vision.pid()));`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const child = Number(line.toString());
    expect(isAlive(child)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(child), { timeout: 15_000 }).toBe(false);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
