import { LIMITS } from './description.ts';
import type { ImageRecord, Place } from './image.ts';
import { plainLine, plainText } from './plain-text.ts';

/** Fields a person may write. Once written they are locked: no model, re-run or merge changes them. */
export const EDITABLE_FIELDS = ['display_name', 'title', 'description', 'tags', 'taken_at', 'place'] as const;
export type EditableField = (typeof EDITABLE_FIELDS)[number];

/** The attributes of the record each of them stands for; they are locked, and given back, together. */
const ATTRIBUTES = {
  display_name: ['display_name'],
  title: ['title'],
  description: ['description'],
  tags: ['tags'],
  taken_at: ['taken_at', 'taken_at_offset', 'taken_at_source', 'taken_key'],
  place: ['place'],
} as const satisfies Record<EditableField, readonly (keyof ImageRecord)[]>;

type Attribute = (typeof ATTRIBUTES)[EditableField][number];
/** What a model, or the file itself, says in fields that a person has written. */
export type MachineValues = Partial<Pick<ImageRecord, Attribute>>;

/** What a person says about a photo: absent is left alone, `null` is taken back. */
export interface Edit {
  display_name?: string | null | undefined;
  title?: string | null | undefined;
  description?: string | null | undefined;
  tags?: readonly string[] | null | undefined;
  /** Local wall time; without an offset beside it none is known. */
  taken_at?: string | null | undefined;
  taken_at_offset?: string | null | undefined;
  /** Replaces the whole place. */
  place?: Place | null | undefined;
  favorite?: boolean | undefined;
  archived?: boolean | undefined;
}

/** A change of a record: attributes with their new values, and those that go. */
export interface RecordChange {
  set: Partial<ImageRecord>;
  remove: (keyof ImageRecord)[];
}

const LONGEST_NAME = 255;
const LONGEST_PLACE = 100;
const FLAGS = ['favorite', 'archived'] as const;

/** The edit as it is stored: plain text, tags in lower case and distinct. A text of which nothing can be seen becomes empty. */
export function plainEdit(edit: Edit): Edit {
  const line = (value: string | null | undefined, limit: number) => value && plainLine(value, limit);
  const { display_name, title, description, tags, place } = edit;
  return {
    ...edit,
    ...(display_name !== undefined && { display_name: line(display_name, LONGEST_NAME) }),
    ...(title !== undefined && { title: line(title, LIMITS.title) }),
    ...(description !== undefined && { description: description && plainText(description, LIMITS.description) }),
    ...(tags !== undefined && { tags: tags && plainTags(tags) }),
    ...(place !== undefined && { place: place && plainPlace(place) }),
  };
}

/** A person's tags: trimmed plain lines in lower case, each once. Their plurals are theirs. */
function plainTags(tags: readonly string[]): string[] {
  const plain = tags.map((tag) => plainLine(tag, LIMITS.tag).toLowerCase());
  return [...new Set(plain.filter((tag) => tag !== ''))];
}

function plainPlace(place: Place): Place {
  const names = Object.entries(place).map(([part, name]) => [
    part,
    typeof name === 'string' ? plainLine(name, LONGEST_PLACE) : name,
  ]);
  return Object.fromEntries(names.filter(([, name]) => name !== '' && name !== undefined));
}

/** A photo's tags with some more and without others (both as a person gives them); may be more than {@link LIMITS}.tags. */
export function retag(
  { tags = [] }: Pick<ImageRecord, 'tags'>,
  { add, remove }: { add: readonly string[]; remove: readonly string[] },
): string[] {
  const gone = new Set(plainTags(remove));
  return [...new Set([...tags.filter((tag) => !gone.has(tag)), ...plainTags(add)])];
}

/**
 * What an edit (see {@link plainEdit}) changes about a record: its fields are written and locked, and what the machine said in them is
 * kept beside; a field taken back says again what the machine says by now. `null` where all is as the edit wants it already.
 */
export function changeOf(record: ImageRecord, edit: Edit, at: string): RecordChange | null {
  const edits = { ...record.edits };
  let machine: MachineValues = { ...record.machine };
  const change: RecordChange = { set: {}, remove: [] };
  for (const field of EDITABLE_FIELDS) {
    if (edit[field] === undefined) continue;
    const locked = edits[field] !== undefined;
    const before = valuesOf(record, field);
    let after: MachineValues;
    if (edit[field] === null) {
      if (!locked) continue;
      after = valuesOf(machine, field);
      machine = without(machine, field);
      delete edits[field];
    } else {
      after = saidBy(record, edit, field);
      if (locked && canonical(before) === canonical(after)) continue;
      if (!locked) machine = { ...machine, ...before };
      edits[field] = at;
    }
    write(change, field, after);
    Object.assign(change.set, { edits, machine });
  }
  for (const flag of FLAGS) {
    const wanted = edit[flag];
    if (wanted !== undefined && wanted !== (record[flag] ?? false)) change.set[flag] = wanted;
  }
  if (Object.keys(change.set).length === 0) return null;
  change.set.edit_revision = (record.edit_revision ?? 0) + 1;
  return change;
}

/**
 * How what a machine has found about a photo is written: as it stands, but for fields a person has locked, where it is kept beside.
 * What is there and `undefined` is known to be absent, and a date, say, replaces all that was known of the date before.
 */
export function foundBeside(record: Pick<ImageRecord, 'edits' | 'machine'>, found: Partial<ImageRecord>): RecordChange {
  const absent = (Object.keys(found) as (keyof ImageRecord)[]).filter((attribute) => found[attribute] === undefined);
  const change: RecordChange = { set: { ...found }, remove: absent };
  let machine: MachineValues = { ...record.machine };
  for (const field of EDITABLE_FIELDS) {
    if (!(field in found)) continue;
    const values = valuesOf(found, field);
    if (record.edits?.[field] === undefined) {
      write(change, field, values);
      continue;
    }
    machine = { ...without(machine, field), ...values };
    const own: readonly (keyof ImageRecord)[] = ATTRIBUTES[field];
    for (const attribute of ATTRIBUTES[field]) delete change.set[attribute];
    change.remove = change.remove.filter((attribute) => !own.includes(attribute));
    change.set.machine = machine;
  }
  return change;
}

function saidBy({ image_id }: ImageRecord, edit: Edit, field: EditableField): MachineValues {
  if (field !== 'taken_at') return { [field]: edit[field] };
  const { taken_at, taken_at_offset } = edit;
  if (!taken_at) return {};
  return {
    taken_at,
    ...(taken_at_offset && { taken_at_offset }),
    taken_at_source: 'person',
    taken_key: `${taken_at}#${image_id}`,
  };
}

function write({ set, remove }: RecordChange, field: EditableField, values: MachineValues): void {
  Object.assign(set, values);
  const gone = ATTRIBUTES[field].filter((attribute) => values[attribute] === undefined);
  remove.push(...gone.filter((attribute) => !remove.includes(attribute)));
}

function valuesOf(values: MachineValues, field: EditableField): MachineValues {
  const known = ATTRIBUTES[field].map((attribute) => [attribute, values[attribute]]);
  return Object.fromEntries(known.filter(([, value]) => value !== undefined));
}

function without(values: MachineValues, field: EditableField): MachineValues {
  const rest = { ...values };
  for (const attribute of ATTRIBUTES[field]) delete rest[attribute];
  return rest;
}

/** The same for equal values, whatever the order of their fields: the table does not keep it. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}
