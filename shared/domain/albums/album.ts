/** Albums: what people put together (`manual`), what a rule does (`auto`) and what a search does (`smart`). */

export const ALBUM_KINDS = ['manual', 'auto', 'smart'] as const;
export const ALBUM_SORTS = ['taken', 'added', 'manual'] as const;
export type AlbumSort = (typeof ALBUM_SORTS)[number];

/** What automatic albums can be made by. */
export const ALBUM_RULES = ['country', 'city', 'month', 'day', 'event'] as const;
export type RuleKind = (typeof ALBUM_RULES)[number];

/** What an automatic album shows. It has no members of its own: they are found where photos are listed (see {@link listsOfRule}). */
export type AlbumRule =
  /** `place` is a key of `PLACED#` lists and tallies: `portugal`, `portugal/lisbon`. */
  | { by: 'country' | 'city'; place: string }
  /** `YYYY-MM`. */
  | { by: 'month'; month: string }
  /** `YYYY-MM-DD`. */
  | { by: 'day'; day: string }
  /** First and last photo, as `taken_at#image_id`. */
  | { by: 'event'; start: string; end: string };

/** The search a smart album repeats whenever it is opened: the parameters of `GET /search/images`. */
export interface SavedSearch {
  q?: string | undefined;
  tag?: string | undefined;
  color?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  place?: string | undefined;
  camera?: string | undefined;
  cluster?: string | undefined;
  person?: string | undefined;
  status?: string | undefined;
  favorite?: boolean | undefined;
}

/** The definition of an album: the item `ALBUM#{album_id}`. */
export interface Album {
  album_id: string;
  kind: (typeof ALBUM_KINDS)[number];
  name: string;
  description?: string;
  /** Chosen by hand; otherwise its first photo stands for it. */
  cover_image_id?: string;
  sort: AlbumSort;
  /** What an automatic album shows; kept where it became manual, so that its rule makes no other. */
  rule?: AlbumRule;
  /** Photos of an event; the other automatic albums are counted by tallies. */
  count?: number;
  query?: SavedSearch;
  /** Its owner did not want it: never shown, and its rule makes no other. */
  hidden?: true;
  /** It became manual a moment ago: until this job has written its members onto their records, they are found by the rule. */
  keeping?: { job_id: string; except: string[] };
  created_at: string;
  updated_at: string;
}

/** What its owner wants automatic albums made by; `by` is empty where they want none. */
export interface AlbumSettings {
  by: RuleKind[];
  /** Photos there have to be before an album is made. */
  min_images: number;
}

/** Whether an album's members are found by its rule. */
export const isByRule = ({ kind, keeping }: Pick<Album, 'kind' | 'keeping'>): boolean =>
  kind === 'auto' || keeping !== undefined;

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** `2024-05` as `May 2024`. */
export const monthName = (month: string): string => `${MONTHS[Number(month.slice(5, 7)) - 1]} ${month.slice(0, 4)}`;

/** `2024-05-12` as `12 May 2024`. */
export const dayName = (day: string): string => `${Number(day.slice(8, 10))} ${monthName(day)}`;
