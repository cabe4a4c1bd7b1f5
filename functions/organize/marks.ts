import { type Applied, REMEMBERED_EVENTS } from '../../shared/adapters/clustering.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';

/** The events an item contains, in the order in which they were applied. */
export interface Marks {
  /** Events the stored version already contains: this batch has been here before and died later. */
  before: ReadonlySet<string>;
  applied: Map<string, string[]>;
}

/** The marks of an item as it was read. */
export const marksOf = (applied: Applied): Marks => ({
  before: new Set(applied.map(({ event_id }) => event_id)),
  applied: new Map(applied.map(({ event_id, image_ids }) => [event_id, image_ids])),
});

/** Notes an event, and images it has placed, as the latest one; `false` where the item contained it when it was read. */
export function mark(marks: Marks, eventId: string, imageIds: readonly string[] = []): boolean {
  const seen = marks.before.has(eventId);
  if (!seen) marks.applied.set(eventId, [...(marks.applied.get(eventId) ?? []), ...imageIds]);
  renew(marks, eventId);
  return !seen;
}

/** Makes an event the latest again; answers the images it placed. */
export function renew({ applied }: Marks, eventId: string): string[] {
  const ids = applied.get(eventId) ?? [];
  applied.delete(eventId);
  applied.set(eventId, ids);
  return ids;
}

/** An image that has left is no longer one that an event has put here. */
export function forgetPlaced({ applied }: Marks, imageId: string): void {
  for (const [event, ids] of applied)
    if (ids.includes(imageId))
      applied.set(
        event,
        ids.filter((id) => id !== imageId),
      );
}

/** The marks as the item keeps them. */
export const remembered = ({ applied }: Marks): Applied =>
  [...applied].slice(-REMEMBERED_EVENTS).map(([event_id, image_ids]) => ({ event_id, image_ids }));

/** Finding a photo its place: once in a generation, whichever of the events that ask for it comes first, or comes again. */
export const placementStep = ({ image_id, generation }: Pick<ImageRecord, 'image_id' | 'generation'>) =>
  `described:${image_id}:${generation}`;

/**
 * Replacing a photo's embedding takes two steps, each once in a generation, whatever event asks for them: the one that was placed
 * leaves its cluster, and the next one is placed.
 */
export const replacementStep = (
  step: 'left' | 'replaced',
  { image_id, generation }: Pick<ImageRecord, 'image_id' | 'generation'>,
) => `${step}:${image_id}:${generation}`;

/** Whether it is by this step that the photo's next embedding was placed. */
export const isReplacementOf = (step: string, imageId: string) => step.startsWith(`replaced:${imageId}:`);
