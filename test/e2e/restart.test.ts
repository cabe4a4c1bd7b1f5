import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test, vi } from 'vitest';
import { type LocalStack, startStack } from '../../local/stack.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { createPerson, type Form, post } from './support/person.ts';
import { recount } from './support/recount.ts';

const MAIN = fileURLToPath(new URL('../../local/main.ts', import.meta.url));
const TIME_SCALE = 60;
/** Forms that were not used before the kill end soon. Looking for faces in 50 drawings would be half of all that is computed here. */
const SETTINGS = { AZURE_OPENAI_ENDPOINT: '', FACES: 'off', UPLOAD_EXPIRES_SECONDS: '15' };
const PICTURES = 50;
const KILLED_AFTER = 30;

const folder = mkdtempSync(join(tmpdir(), 'shoebox-restart-'));
const dataDir = join(folder, 'data');
const groups: number[] = [];

afterAll(async () => {
  for (const group of groups) {
    if (processesOf(group).length > 0) process.kill(-group, 'SIGKILL');
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Started {
  child: ChildProcess;
  exited: Promise<unknown>;
  base: string;
  email: string;
  password: string;
}

/** `npm start`, in a process group of its own. */
async function start(): Promise<Started> {
  const { PATH, HOME } = process.env;
  const options = ['--port', '0', '--data', dataDir, '--time-scale', String(TIME_SCALE), '--no-ai'];
  const child = spawn(process.execPath, [MAIN, ...options], {
    env: { PATH, HOME, ...SETTINGS },
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  groups.push(child.pid ?? 0);
  const exited = once(child, 'exit');
  let said = '';
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/^ready \S+$/m.test(said)) resolve();
    });
    void exited.then(() => reject(new Error(`npm start ended before it was ready: ${said}`)));
  });
  await ready;
  const [, origin = ''] = /^ready (http:\/\/127\.0\.0\.1:\d+)$/m.exec(said) ?? [];
  const [, email = '', password = ''] = /^Demo user +(\S+) +(\S+)$/m.exec(said) ?? [];
  const [, base = ''] = /^API +(\S+)$/m.exec(said) ?? [];
  expect(base).toBe(`${origin}/api/v1`);
  return { child, exited, base, email, password };
}

/** Signs in as OAuth2 password clients do. */
async function signIn({ base, email, password }: Started) {
  const body = new URLSearchParams({ username: email, password }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await createPerson(base, '').call('POST', '/auth/token', { body, headers });
  expect(answer.status).toBe(200);
  return createPerson(base, answer.json<{ access_token: string }>().access_token);
}

/** Processes of a group, or that were told of the data folder, and are more than a dead entry nobody has looked at. */
function processesOf(group: number): string[] {
  const found = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,pgid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => {
      const [pid = '', pgid, stat = ''] = line.trim().split(/\s+/);
      if (stat.startsWith('Z') || Number(pid) === process.pid) return false;
      return Number(pgid) === group || line.includes(folder) || environmentOf(pid).includes(folder);
    });
  return found.map((line) => line.trim());
}

/** Only Linux lets one read it. */
function environmentOf(pid: string): string {
  try {
    return existsSync(`/proc/${pid}/environ`) ? readFileSync(`/proc/${pid}/environ`, 'utf8') : '';
  } catch {
    // Another user's, or gone since.
    return '';
  }
}

test('npm start, killed hard in the middle of 50 uploads, goes on where it was', async () => {
  const first = await start();
  const owner = await signIn(first);
  const pictures = await Promise.all(
    Array.from({ length: PICTURES }, (_, seed) => drawPicture({ width: 240, height: 160, seed })),
  );
  const tickets = await owner.tickets(pictures.map((bytes, n) => ({ filename: `${n}.jpg`, bytes })));
  const accepted = new Set<string>();
  const queue = tickets.entries();
  let killed = false;
  const worker = async () => {
    for (const [index, ticket] of queue) {
      try {
        const answer = await post(ticket as Form, pictures[index] as Buffer);
        expect(answer.status).toBe(204);
        accepted.add(ticket.image_id);
      } catch (error) {
        if (!killed) throw error;
        return;
      }
      if (accepted.size === KILLED_AFTER && !killed) {
        killed = true;
        first.child.kill('SIGKILL');
      }
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  await first.exited;
  expect(accepted.size).toBeGreaterThanOrEqual(KILLED_AFTER);
  expect(accepted.size).toBeLessThan(PICTURES);
  await vi.waitFor(() => expect(processesOf(first.child.pid ?? 0)).toEqual([]), { timeout: 10_000 });
  expect(readdirSync(dataDir)).not.toEqual([]);

  const second = await start();
  expect([second.email, second.password]).toEqual([first.email, first.password]);
  const again = await signIn(second);
  const images = await again.ended(
    tickets.map(({ image_id }) => image_id),
    150_000,
  );
  for (const { image_id, status, degraded, error } of images) {
    const expected = accepted.has(image_id) ? ['done'] : ['done', 'expired'];
    expect(expected, `${image_id} ${error?.message}`).toContain(status);
    expect(degraded).toBe(false);
  }
  second.child.kill('SIGTERM');
  expect(await second.exited).toEqual([0, null]);
  await vi.waitFor(() => expect(processesOf(second.child.pid ?? 0)).toEqual([]), { timeout: 10_000 });

  let stack: LocalStack | undefined;
  try {
    stack = await startStack({ dataDir, timeScale: TIME_SCALE, env: SETTINGS });
    expect(await recount(stack)).toEqual([]);
  } finally {
    await stack?.stop();
  }
}, 280_000);
