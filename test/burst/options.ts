import { readCommandLine, readNumber, readWhole } from '../../local/command-line.ts';

const USAGE = `npm run burst -- [options]

One user uploads thousands of small photos at once, while Azure takes a tenth of what it would be asked; another one uploads a
single photo now and then. Says how long everything took, what it needed, and whether nothing was lost. Ends with 1 if anything was,
or where Azure refused nothing. Stopped with Ctrl-C it prints the figures it has, and ends with 130.

  --photos N       of the burst (5000)
  --uploads N      uploaded a second, at most (25)
  --seed N         of the pictures (1)
  --throttle N     Azure takes 1/N of the calls that describe would make if nothing held it back, or less: 60 % of what the whole
                   stack asks for on this machine, so that Azure has to refuse (10)
  --rate N         … or so many calls a second, without measuring
  --time-scale N   the system's own waits pass N times as fast: from 2 on photos come back before Azure's wait is over, and look often
                   refused (1)
  --singles N      photos of the other user: alone, and alone on a busy machine (8 each)
  --pause N        seconds between the other user's photos during the burst (10)
  --memory N       most MiB of the process that holds the emulators, beside the files it maps (1500)
  --slower N       how many times longer a single photo may take during the burst than alone on a busy machine (3)
  --help           this text
`;

const text = (value: string) => ({ type: 'string', default: value }) as const;

export const readOptions = () =>
  readCommandLine(
    USAGE,
    {
      options: {
        photos: text('5000'),
        uploads: text('25'),
        seed: text('1'),
        throttle: text('10'),
        rate: { type: 'string' },
        'time-scale': text('1'),
        singles: text('8'),
        pause: text('10'),
        memory: text('1500'),
        slower: text('3'),
      },
    },
    ({ values }) => ({
      photos: readWhole('photos', values.photos, 1),
      uploadsPerSecond: readNumber('uploads', values.uploads, 0.1),
      seed: readWhole('seed', values.seed, 0),
      throttle: readNumber('throttle', values.throttle, 1),
      rate: values.rate === undefined ? undefined : readNumber('rate', values.rate, 0.01),
      timeScale: readNumber('time-scale', values['time-scale'], 1),
      singles: readWhole('singles', values.singles, 1),
      pauseSeconds: readNumber('pause', values.pause, 0),
      memoryMb: readNumber('memory', values.memory, 1),
      slower: readNumber('slower', values.slower, 1),
    }),
  );
export type Options = ReturnType<typeof readOptions>;
