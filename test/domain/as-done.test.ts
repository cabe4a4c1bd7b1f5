import { expect, test } from 'vitest';
import { asDone } from '../../shared/domain/as-done.ts';
import { AT, donePhoto } from '../support/records.ts';

const cluster = { cluster_id: 'c', similarity: 1, threshold: null, runner_up: null, margin: null, reason: 'assigned' };
const started = new Date(AT.getTime() + 1_000);
const finished = new Date(AT.getTime() + 1_250);
const stages = donePhoto('Ann', 1).stages;
const organize = { state: 'running', attempts: 2, started_at: started.toISOString() } as const;

test('says what the record will say, and changes nothing of the rest', () => {
  const record = donePhoto('Ann', 1, { status: 'processing', stages: { ...stages, organize } });
  expect(asDone(record, { cluster }, finished)).toEqual({
    ...record,
    status: 'done',
    cluster,
    processing_ms: 1_250,
    stages: {
      ...stages,
      organize: {
        state: 'done',
        attempts: 2,
        ms: 250,
        started_at: started.toISOString(),
        finished_at: finished.toISOString(),
      },
    },
  });
});

test('one that had been done without its last stage was done then; its receipt tells of this time only', () => {
  const given = { state: 'failed', attempts: 10, started_at: started.toISOString() } as const;
  const record = donePhoto('Ann', 1, { processing_ms: 400, stages: { ...stages, organize: given } });
  const later = new Date(started.getTime() + 300);
  expect(asDone(record, { cluster }, later)).toMatchObject({
    processing_ms: 400,
    stages: { organize: { state: 'done', ms: 300 } },
  });
});

test('is refused while another stage has not ended', () => {
  const describe = { state: 'pending', attempts: 0 } as const;
  const record = donePhoto('Ann', 1, { status: 'processing', stages: { ...stages, describe, organize } });
  expect(() => asDone(record, { cluster }, finished)).toThrow(RangeError);
});
