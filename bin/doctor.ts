import { setTimeout as wait } from 'node:timers/promises';
import { readCommandLine, readNumber } from '../local/command-line.ts';
import { newUuid, systemClock } from '../shared/adapters/ids.ts';
import { createDoctor, type Opinion } from './doctor/doctor.ts';
import { asText } from './doctor/report.ts';
import { openStack, runCommand } from './doctor/run-command.ts';

/** `npm run doctor`: counts everything a stack has stored against its image records, and mends what differs. */

const USAGE = `npm run doctor -- [options]

Counts everything a running stack has stored against its image records, and says what differs. Reads only, unless told to mend.

  --aws          look at the stack that .env and STAGE name, on AWS (otherwise: at the local one)
  --data DIR     the data folder of the local stack (.shoebox)
  --user ID      look at one user only
  --repair       mend what can be mended, and count again
  --wait N       seconds after which what differs is looked at again (5); only what stays is a difference
  --json         for programs
  --help         this text

Ends with 0 where nothing differs (any more), with 1 where something does, with 2 where it could not look.
`;

const readOptions = () =>
  readCommandLine(
    USAGE,
    {
      options: {
        aws: { type: 'boolean', default: false },
        data: { type: 'string', default: '.shoebox' },
        user: { type: 'string' },
        repair: { type: 'boolean', default: false },
        wait: { type: 'string', default: '5' },
        json: { type: 'boolean', default: false },
      },
    },
    ({ values }) => ({ ...values, waitMs: 1000 * readNumber('wait', values.wait, 0) }),
  );

async function main(): Promise<number> {
  const { waitMs, ...values } = readOptions();
  const stack = await openStack(values, values.repair ? ', mending what differs' : '');
  try {
    const doctor = createDoctor({
      stack,
      clock: systemClock,
      newId: newUuid,
      pause: () => wait(waitMs),
      breath: () => wait(250),
    });
    const opinion: Opinion = await doctor({ user: values.user, repair: values.repair });
    process.stdout.write(values.json ? `${JSON.stringify(opinion, null, 2)}\n` : asText(opinion));
    return opinion.differences > 0 ? 1 : 0;
  } finally {
    stack.close();
  }
}

await runCommand(main);
