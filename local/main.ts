import { enableCompileCache } from 'node:module';
import { resolve } from 'node:path';
import { readCommandLine, readNumber, readWhole } from './command-line.ts';
import { checkFaults } from './faults/check.ts';
import { FAULTS_HELP, idleFaults } from './faults/grammar.ts';
import { COMPILE_CACHE } from './settings.ts';
import type { LocalStack } from './stack.ts';

/** `npm start`: the local stack, kept between restarts, until Ctrl-C. */

const DEMO_USER = { email: 'demo@shoebox.local', password: 'shoebox-demo', name: 'Demo' };

const USAGE = `npm start -- [options]
  --port N         port of the API (4400; 0 for any free one)
  --data DIR       where everything is kept (.shoebox)
  --time-scale N   the system's own waits pass N times as fast (1)
  --faults LIST    such as describe:kill=3,azure:429=2; see below
  --fault-seed N   where they strike is drawn from this number (1)
  --no-ai          without any AI service, real or emulated

${FAULTS_HELP}`;

const options = readCommandLine(
  USAGE,
  {
    options: {
      port: { type: 'string', default: '4400' },
      data: { type: 'string', default: '.shoebox' },
      'time-scale': { type: 'string', default: '1' },
      faults: { type: 'string', default: '' },
      'fault-seed': { type: 'string', default: '1' },
      'no-ai': { type: 'boolean', default: false },
    },
  },
  ({ values }) => ({
    port: readWhole('port', values.port, 0),
    dataDir: resolve(values.data),
    timeScale: readNumber('time-scale', values['time-scale'], 1),
    faults: checkFaults(values.faults),
    faultSeed: readNumber('fault-seed', values['fault-seed'], 0),
    noAi: values['no-ai'],
  }),
);

/** Makes sure the demo user is there. A 409 says it is from an earlier run. */
async function signUpDemoUser(url: string): Promise<void> {
  const response = await fetch(`${url}/auth/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(DEMO_USER),
  });
  if (response.status === 201 || response.status === 409) return;
  throw new Error(`The demo user could not be signed up (${response.status}): ${await response.text()}`);
}

/** The message of an error a person can do something about, else the whole of it. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE')
    return `Port ${options.port} is in use by another program: end that one, or choose another port with --port.`;
  return error.name === 'Error' || error.name === 'TypeError' ? (error.stack ?? error.message) : error.message;
}

enableCompileCache(COMPILE_CACHE);
let stack: LocalStack | undefined;
let stopping = false;

async function stop(): Promise<void> {
  // Asked a second time, or before everything runs: the guard ends what was started.
  if (stopping || !stack) process.exit(130);
  stopping = true;
  const idle = idleFaults(stack.neverCalled());
  if (idle) console.error(idle);
  await stack.stop();
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop());

try {
  const { startStack } = await import('./stack.ts');
  stack = await startStack(options);
  await signUpDemoUser(stack.url);
  console.log(`API        ${stack.url}`);
  console.log(`Demo user  ${DEMO_USER.email}  ${DEMO_USER.password}`);
  console.log(`Data       ${options.dataDir} (logs in logs/)`);
  console.log(`ready ${stack.origin}`);
} catch (error) {
  console.error(explain(error));
  await stack?.stop();
  process.exit(1);
}
