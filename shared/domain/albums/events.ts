/**
 * Events: maximal runs of photos, in the order they were taken, in which no two neighbours are far apart in time or place. Whether a run
 * ends between two photos depends on those two alone, so that a photo that comes or goes changes at most the runs on either side of it,
 * and the order in which photos come and go leaves no trace.
 */

/** A night's sleep does not end an event (late dinner to late breakfast); a day without photos does. */
export const MOST_HOURS_BETWEEN = 12;
/** An excursion does not end an event; a flight does. Only photos that know where they were taken are compared. */
export const MOST_KM_BETWEEN = 100;
/** Fewer photos are no event to show. */
export const FEWEST_OF_EVENT = 3;

const HOUR = 3_600_000;
const EARTH_KM = 6371;

/** A photo in the order of taking. */
export interface TimelinePhoto {
  /** `taken_at#image_id` */
  key: string;
  /** Degrees. */
  lat?: number | undefined;
  lon?: number | undefined;
}

/** One run: keys of its first and last photo, and how many it has. */
export interface EventInterval {
  start: string;
  end: string;
  count: number;
  album_id: string;
}

/** What is known of photos and runs. A run is changed by taking it out and putting others in. */
export interface Timeline {
  /** The photo before or behind a key, the one that has that key left out. */
  before(key: string): Promise<TimelinePhoto | null>;
  after(key: string): Promise<TimelinePhoto | null>;
  /** The run that reaches over a key. */
  eventAt(key: string): Promise<EventInterval | null>;
  /** How many photos of a run of `total` come before a key. */
  countBefore(event: EventInterval, key: string, total: number): Promise<number>;
  addPhoto(photo: TimelinePhoto): void;
  removePhoto(key: string): void;
  putEvent(event: EventInterval): void;
  removeEvent(event: EventInterval): void;
  /** The id of a run that is new, by its start. */
  newId(start: string): string;
}

/** Whether two neighbours belong to one event. */
export function together(one: TimelinePhoto, other: TimelinePhoto): boolean {
  if (Math.abs(timeOf(one) - timeOf(other)) > MOST_HOURS_BETWEEN * HOUR) return false;
  const apart = distanceKm(one, other);
  return apart === null || apart <= MOST_KM_BETWEEN;
}

/** A photo that is not there yet comes in. */
export async function addToEvents(timeline: Timeline, photo: TimelinePhoto): Promise<void> {
  const { key } = photo;
  const [before, after] = await Promise.all([timeline.before(key), timeline.after(key)]);
  const [left, right] = await runsOf(timeline, before, after);
  const joinsLeft = before !== null && together(before, photo);
  const joinsRight = after !== null && together(photo, after);
  const alone = { start: key, end: key, count: 1 };
  if (left && right && before && after && left.start === right.start) {
    timeline.removeEvent(left);
    if (joinsLeft && joinsRight) timeline.putEvent({ ...left, count: left.count + 1 });
    else {
      const count = await timeline.countBefore(left, after.key, left.count);
      const first = { start: left.start, end: joinsLeft ? key : before.key, count: count + Number(joinsLeft) };
      const second = {
        start: joinsRight ? key : after.key,
        end: left.end,
        count: left.count - count + Number(joinsRight),
      };
      divide(timeline, left.album_id, joinsLeft || joinsRight ? [first, second] : [first, alone, second]);
    }
  } else unite(timeline, [joinsLeft ? left : null, alone, joinsRight ? right : null]);
  timeline.addPhoto(photo);
}

/** A photo that is there goes. */
export async function removeFromEvents(timeline: Timeline, key: string): Promise<void> {
  const event = await timeline.eventAt(key);
  timeline.removePhoto(key);
  if (!event) return;
  const [before, after] = await Promise.all([timeline.before(key), timeline.after(key)]);
  const count = event.count - 1;
  const first = before && before.key >= event.start ? before : null;
  const last = after && after.key <= event.end ? after : null;
  const meet = before !== null && after !== null && together(before, after);
  timeline.removeEvent(event);
  if (first && last) {
    if (meet) return timeline.putEvent({ ...event, count });
    const earlier = await timeline.countBefore(event, last.key, count);
    return divide(timeline, event.album_id, [
      { start: event.start, end: first.key, count: earlier },
      { start: last.key, end: event.end, count: count - earlier },
    ]);
  }
  const rest = {
    ...event,
    count,
    ...(first && { end: first.key }),
    ...(last && { start: last.key }),
  };
  const remaining = first || last ? rest : null;
  if (!meet) {
    if (remaining) timeline.putEvent(remaining);
    return;
  }
  const left = first ? null : await timeline.eventAt(before.key);
  const right = last ? null : await timeline.eventAt(after.key);
  unite(timeline, [left, remaining, right]);
}

/**
 * All runs of photos that come in their order, as they are when looked for from nothing. A run keeps the id of the largest of those `known`
 * that it overlaps and that no earlier run has kept.
 */
export async function eventsOf(
  photos: AsyncIterable<TimelinePhoto>,
  known: readonly EventInterval[],
  newId: Timeline['newId'],
): Promise<EventInterval[]> {
  const runs: Part[] = [];
  let last: TimelinePhoto | null = null;
  for await (const photo of photos) {
    const run = runs.at(-1);
    if (run && last && together(last, photo)) {
      run.end = photo.key;
      run.count += 1;
    } else runs.push({ start: photo.key, end: photo.key, count: 1 });
    last = photo;
  }
  const taken = new Set<string>();
  let first = 0;
  return runs.map((run) => {
    while ((known[first]?.end ?? run.start) < run.start) first += 1;
    const overlapping: EventInterval[] = [];
    for (let index = first; (known[index]?.start ?? '~') <= run.end; index += 1)
      overlapping.push(known[index] as EventInterval);
    const album_id = largest(overlapping.filter((event) => !taken.has(event.album_id)))?.album_id ?? newId(run.start);
    taken.add(album_id);
    return { ...run, album_id };
  });
}

async function runsOf(timeline: Timeline, before: TimelinePhoto | null, after: TimelinePhoto | null) {
  return Promise.all([before && timeline.eventAt(before.key), after && timeline.eventAt(after.key)]);
}

type Part = Omit<EventInterval, 'album_id'> & { album_id?: string };

/** Makes one run of neighbouring ones; it keeps the id of the largest, of equals the earliest. */
function unite(timeline: Timeline, parts: readonly (Part | null)[]): void {
  const all = parts.filter((part) => part !== null);
  const [first, last] = [all[0], all.at(-1)];
  if (!first || !last) return;
  const known = all.filter((part): part is EventInterval => part.album_id !== undefined);
  for (const part of known) timeline.removeEvent(part);
  timeline.putEvent({
    start: first.start,
    end: last.end,
    count: all.reduce((sum, { count }) => sum + count, 0),
    album_id: largest(known)?.album_id ?? timeline.newId(first.start),
  });
}

/** Puts the parts of a run; the largest keeps its id. */
function divide(timeline: Timeline, album_id: string, parts: readonly Part[]): void {
  const heir = largest(parts);
  for (const part of parts)
    timeline.putEvent({ ...part, album_id: part === heir ? album_id : timeline.newId(part.start) });
}

const largest = <P extends Part>(parts: readonly P[]): P | undefined =>
  parts.reduce<P | undefined>((best, part) => (best && best.count >= part.count ? best : part), undefined);

const timeOf = ({ key }: TimelinePhoto): number => Date.parse(`${key.slice(0, key.indexOf('#'))}Z`);

/** Along a great circle (haversine); `null` where one of the two does not know where it was taken. */
function distanceKm(one: TimelinePhoto, other: TimelinePhoto): number | null {
  if (one.lat === undefined || one.lon === undefined || other.lat === undefined || other.lon === undefined) return null;
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const [south, north] = [radians(one.lat), radians(other.lat)];
  const across = Math.sin((north - south) / 2) ** 2;
  const along = Math.sin(radians(other.lon - one.lon) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(across + Math.cos(south) * Math.cos(north) * along)));
}
