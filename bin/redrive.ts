import { readCommandLine } from '../local/command-line.ts';
import { systemClock } from '../shared/adapters/ids.ts';
import { createImages } from '../shared/adapters/images.ts';
import { createJobs } from '../shared/adapters/jobs.ts';
import { QUEUE_NAMES } from '../shared/contract/functions.ts';
import { openStack, runCommand } from './doctor/run-command.ts';
import { asTable } from './redrive/describe-letter.ts';
import { chosenBy, createRedrive } from './redrive/redrive.ts';

/** `npm run redrive`: what was given up, and sending it to work once more. */

const USAGE = `npm run redrive -- [options]

Lists the messages that a running stack has given up: queue, age, how often they were received, whose they are, and why.

  --aws          look at the stack that .env and STAGE name, on AWS (otherwise: at the local one)
  --data DIR     the data folder of the local stack (.shoebox)
  --queue NAME   of one queue only: ${QUEUE_NAMES.join(', ')}
  --all          send all that are listed back to the queues they came from, but those that no function can read
  --id ID        send this one back; may be given more than once
  --json         for programs
  --help         this text

A message is sent before it is taken off the dead letters, so none is lost; one may arrive twice, which does nothing. While they are listed
they are hidden from sweep. Ends with 0, with 1 where an --id was not found, with 2 where it could not look.
`;

const readOptions = () =>
  readCommandLine(
    USAGE,
    {
      options: {
        aws: { type: 'boolean', default: false },
        data: { type: 'string', default: '.shoebox' },
        queue: { type: 'string' },
        all: { type: 'boolean', default: false },
        id: { type: 'string', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
      },
    },
    ({ values }) => {
      if (values.queue === undefined || QUEUE_NAMES.some((name) => name === values.queue)) return values;
      throw new RangeError(`--queue: expected one of ${QUEUE_NAMES.join(', ')}, received "${values.queue}"`);
    },
  );

async function main(): Promise<number> {
  const values = readOptions();
  const stack = await openStack(values);
  try {
    const { table, tableName, sqs, queues } = stack;
    const redrive = createRedrive({
      sqs,
      queues,
      images: createImages(table, tableName, systemClock),
      jobs: createJobs(table, tableName, systemClock),
      clock: systemClock,
    });
    const ids = new Set(values.id);
    const letters = await redrive({
      queue: values.queue,
      chosen: chosenBy(values.all, ids),
    });
    process.stdout.write(values.json ? `${JSON.stringify(letters, null, 2)}\n` : asTable(letters));
    const missing = [...ids].filter((id) => !letters.some((letter) => letter.id === id));
    for (const id of missing) process.stderr.write(`No dead letter ${id} was found; look again in a minute.\n`);
    return missing.length > 0 ? 1 : 0;
  } finally {
    stack.close();
  }
}

await runCommand(main);
