import type { Belongings } from '../../shared/adapters/belongings.ts';
import type { ZipEntry } from '../../shared/adapters/zips.ts';
import { README, TOLD, toldOf } from '../../shared/domain/account-export.ts';
import type { AccountPlace } from '../../shared/domain/download.ts';

export interface AccountPartDeps {
  userId: string;
  jobId: string;
  /** From 1. */
  number: number;
  from: AccountPlace;
  belongings: Pick<Belongings, 'below'>;
  /** What the sign-in service knows, as it was asked when the export was asked for. */
  account: unknown;
  at: Date;
  /** No further line is begun when so much has been written. */
  mostBytes: number;
}

/** The files of one zip of records: lines are read from the table as they are written, a page at a time. */
export function createAccountPart(deps: AccountPartDeps) {
  const { userId, jobId, number, from, belongings, account, at, mostBytes } = deps;
  const files: { file: string; lines: number }[] = [];
  let bytes = 0;
  let next: AccountPlace | null = null;

  async function* entries(): AsyncGenerator<ZipEntry> {
    yield { name: 'README.txt', content: README, modified: at };
    yield { name: 'account.json', content: json(account), modified: at };
    for (let index = from.file; index < TOLD.length && next === null; index += 1) {
      const { kind, file } = TOLD[index] as (typeof TOLD)[number];
      const items = belongings.below(userId, kind, index === from.file ? from.after : '');
      const first = await items.next();
      if (first.done) continue;
      if (bytes >= mostBytes) {
        next = { file: index, after: index === from.file ? from.after : '' };
        break;
      }
      const about = { file, lines: 0 };
      files.push(about);
      yield { name: file, content: lines(index, first.value, items, about), modified: at };
    }
    const manifest = { job_id: jobId, part: number, created_at: at.toISOString(), files };
    yield { name: 'manifest.json', content: json(manifest), modified: at };
  }

  async function* lines(
    index: number,
    first: Record<string, unknown>,
    rest: AsyncIterable<Record<string, unknown>>,
    about: { lines: number },
  ): AsyncGenerator<Uint8Array> {
    let last = '';
    function line(item: Record<string, unknown>): Uint8Array {
      const written = new TextEncoder().encode(`${JSON.stringify(toldOf(item))}\n`);
      about.lines += 1;
      bytes += written.length;
      last = String(item.sk);
      return written;
    }
    yield line(first);
    for await (const item of rest) {
      if (bytes >= mostBytes) {
        next = { file: index, after: last };
        return;
      }
      yield line(item);
    }
  }

  return {
    entries,
    /** Once it is written: where the next one begins; `null` where nothing is left. */
    next: () => next,
  };
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
