import { SERVICE_ERRORS, type ServiceName } from '../emulators/service-errors.ts';
import { type Amount, parseAmount, parseDuration } from './amounts.ts';

/** Everything that can be ordered with `--faults`: shown by `--help` of `npm start`, to which the error of an unreadable entry refers. */
export const FAULTS_HELP = `Faults are a comma-separated list of
  FUNCTION:kill=N              N invocations die between two of their steps, at places chosen by a seeded draw
  FUNCTION:kill=N@R            … right after the R-th request they had answered; @0 before their first line
  FUNCTION:skew=-10m           its clock is wrong by that much; skew=0s sets it right
  QUEUE:drop=N                 N messages sent to the queue get lost on the way
  QUEUE:delay=Nx30s            N messages come 30 seconds later
  QUEUE:reorder=N              N messages come at a random moment within half a minute; N x DURATION for another span
  QUEUE:duplicate=N            every message comes N times more (not on a FIFO queue, which drops repetitions)
  SERVICE:OPERATION:ERROR=N    N calls are answered with that error: a name, a status, or reset (the connection breaks)
  SERVICE:OPERATION:ERROR=N~lost   … after they have been carried out: only the answer is lost
  SERVICE:OPERATION:slow=Nx200ms   N calls are answered that much later
  azure:429=N  500  refuse400  refuse_finish  refusal  malformed  slow (azure:slow_ms=MS)   N answers of Azure are spoilt
  azure:429=120s               all of them, for so long; azure:retry_after=S says how long to wait
  azure:rate=3                 more than 3 calls a second are answered with 429
  azure:rate_window=10         … who has asked for less saves it for 10 seconds, not one
  off                          ends everything ordered before it
N may be a share: 2%. Durations are 200ms, 30s, 10m, 1h; those of queues pass as fast as the stack's time. FUNCTION is ingest,
describe, faces, organize, jobs, api …; QUEUE the function that reads it (a FIFO queue keeps the order of each group whatever
is ordered); SERVICE ${Object.keys(SERVICE_ERRORS).join(', ')}; OPERATION its name, such as PutObject, or *.
What no call came for is said at the end. An entry replaces an earlier one for the same target and fault. Kills add up.
Example: ingest:duplicate=1,describe:kill=3,dynamodb:UpdateItem:ProvisionedThroughputExceededException=5,s3:*:slow=5%x200ms`;

export interface KillFault {
  readonly target: string;
  readonly count: number;
  /** Answered requests before it dies; drawn when not given. */
  readonly after: number | undefined;
}

export interface SkewFault {
  readonly target: string;
  readonly milliseconds: number;
}

export interface SendFault {
  /** What a person calls the queue: the function that reads it. */
  readonly target: string;
  readonly kind: 'drop' | 'delay' | 'reorder' | 'duplicate';
  readonly amount: Amount;
  /** Of `delay` how long, of `reorder` within which time. */
  readonly milliseconds: number;
}

export interface CallFault {
  readonly service: ServiceName;
  /** `*` for any. */
  readonly operation: string;
  /** An error's name, an HTTP status, `reset`, or `slow`. */
  readonly error: string;
  readonly amount: Amount;
  /** The call is carried out; only its answer is lost. */
  readonly lost: boolean;
  /** Of `slow`. */
  readonly milliseconds: number;
}

export interface Faults {
  /** Everything ordered before ends. */
  readonly off: boolean;
  readonly kills: readonly KillFault[];
  readonly skews: readonly SkewFault[];
  readonly sends: readonly SendFault[];
  readonly calls: readonly CallFault[];
  /** The entries for the Azure emulator, as they came. */
  readonly azure: string;
}

const REORDERED_WITHIN_MS = 30_000;

/** `3`, `2%`, and where a duration belongs to it, `3x30s`. */
function readTimes(text: string, standard?: number): { amount: Amount; milliseconds: number } | undefined {
  const [times = '', ...duration] = text.split('x');
  const amount = parseAmount(times.trim());
  const milliseconds = duration.length === 0 ? standard : parseDuration(duration.join('x').trim());
  return amount && milliseconds !== undefined ? { amount, milliseconds } : undefined;
}

function readKill(entry: string): KillFault | undefined {
  const [, target = '', count = '', after] = /^([\w-]+):kill=(\d+)(?:@(\d+))?$/.exec(entry) ?? [];
  return (
    (target && { target, count: Number(count), after: after === undefined ? undefined : Number(after) }) || undefined
  );
}

function readSkew(entry: string): SkewFault | undefined {
  const [, target = '', sign, duration = ''] = /^([\w-]+):skew=([+-]?)(\S+)$/.exec(entry) ?? [];
  const milliseconds = parseDuration(duration);
  if (milliseconds === undefined) return undefined;
  return { target, milliseconds: sign === '-' ? -milliseconds : milliseconds };
}

function readSend(entry: string): SendFault | undefined {
  const [, target = '', kind = '', value = ''] = /^([\w-]+):(drop|delay|reorder|duplicate)=(\S+)$/.exec(entry) ?? [];
  if (kind === '') return undefined;
  const within = { drop: 0, duplicate: 0, reorder: REORDERED_WITHIN_MS }[kind];
  const times = readTimes(value, within);
  if (!times || (within === 0 && times.milliseconds !== 0)) return undefined;
  return { target, kind: kind as SendFault['kind'], ...times };
}

function readCall(entry: string): CallFault | undefined {
  const [, service = '', operation = '', error = '', value = '', lost] =
    /^(\w+):(\w+|\*):([A-Za-z][\w.]*|[45]\d\d)=([^~\s]+)(~lost)?$/.exec(entry) ?? [];
  if (!Object.hasOwn(SERVICE_ERRORS, service)) return undefined;
  const times = error === 'slow' ? readTimes(value) : readTimes(value, 0);
  if (!times || (error === 'slow' ? lost : times.milliseconds !== 0)) return undefined;
  return { service: service as ServiceName, operation, error, lost: lost !== undefined, ...times };
}

/** Reads a fault list; an empty one means none. Throws `RangeError` naming the entry that cannot be read. */
export function parseFaults(text: string): Faults {
  const kills: KillFault[] = [];
  const skews: SkewFault[] = [];
  const sends: SendFault[] = [];
  const calls: CallFault[] = [];
  const azure: string[] = [];
  let off = false;
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const kill = readKill(entry);
    const skew = readSkew(entry);
    const send = readSend(entry);
    const call = readCall(entry);
    if (entry === 'off') {
      off = true;
      for (const ordered of [kills, skews, sends, calls, azure]) ordered.length = 0;
    } else if (entry.startsWith('azure:')) azure.push(entry);
    else if (kill) kills.push(kill);
    else if (skew) skews.push(skew);
    else if (send) sends.push(send);
    else if (call) calls.push(call);
    else
      throw new RangeError(
        `--faults: expected entries such as describe:kill=3 (npm start -- --help has all), received "${entry}"`,
      );
  }
  return { off, kills, skews, sends, calls, azure: azure.join(',') };
}

/** Says that nobody made the calls that faults were ordered for; `undefined` where there are none. */
export function idleFaults(neverCalled: readonly string[]): string | undefined {
  if (neverCalled.length === 0) return undefined;
  return `Faults that never struck, because no such call came: ${neverCalled.join(', ')}. Is the name an operation of AWS?`;
}
