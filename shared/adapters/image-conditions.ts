import type { ImageRecord, ImageStatus, StageName } from '../domain/image.ts';
import type { Condition } from './table.ts';

/** What an image record must be for a write to it to count. */

/** Visible to its owner: exists and is not being erased. */
export const ALIVE: Condition = { expression: 'attribute_exists(sk) AND attribute_not_exists(deleted_at)' };

export const and = (...conditions: Condition[]): Condition => ({
  expression: conditions.map(({ expression }) => `(${expression})`).join(' AND '),
  names: Object.assign({}, ...conditions.map(({ names }) => names ?? {})),
  values: Object.assign({}, ...conditions.map(({ values }) => values ?? {})),
});

export const statusIn = (...statuses: ImageStatus[]): Condition => ({
  expression: `#status IN (${statuses.map((_, index) => `:status${index}`).join(', ')})`,
  names: { '#status': 'status' },
  values: Object.fromEntries(statuses.map((status, index) => [`:status${index}`, status])),
});

export const stageUnderWay = (name: StageName): Condition => ({
  expression: `#stages.#${name}.#state IN (:pending, :running)`,
  names: { '#stages': 'stages', [`#${name}`]: name, '#state': 'state' },
  values: { ':pending': 'pending', ':running': 'running' },
});

/** It has not been sent on another round since it was read. */
export const ofGeneration = ({ generation }: Pick<ImageRecord, 'generation'>): Condition => ({
  expression: 'generation = :seen_generation',
  values: { ':seen_generation': generation },
});

/** Its owner has not edited it since it was read. */
export const editedAsIn = ({ edit_revision }: Pick<ImageRecord, 'edit_revision'>): Condition =>
  edit_revision === undefined
    ? { expression: 'attribute_not_exists(edit_revision)' }
    : { expression: 'edit_revision = :seen_revision', values: { ':seen_revision': edit_revision } };

/** Nobody has changed it since it was read. The time alone would not tell two changes within a millisecond apart. */
export const unchangedSince = (seen: ImageRecord): Condition =>
  and(
    { expression: 'updated_at = :seen_at', values: { ':seen_at': seen.updated_at } },
    ofGeneration(seen),
    editedAsIn(seen),
  );
