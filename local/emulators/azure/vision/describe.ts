import type { Picture } from './decode.ts';
import type { Detection } from './detector.ts';
import type { Measures } from './measure.ts';
import { readSetting, type Setting } from './setting.ts';
import { findSubjects, mainKind, SURE, type Subject } from './subjects.ts';
import { counted, KINDS, type Kind, listed } from './vocabulary.ts';

/** What the emulator has to say about a picture, plainly and only as far as it can tell. */
export interface Seen {
  readonly title: string;
  readonly description: string;
  /** Lower case, singular, most important first. */
  readonly tags: readonly string[];
  /** Lower-case words joined by hyphens, without extension. */
  readonly filename: string;
  readonly colours: readonly string[];
  /** The picture's own size in pixels. */
  readonly width: number;
  readonly height: number;
}

/**
 * A group of subjects lighter than this is mentioned at most, and the picture described by its setting. Boats may be
 * lighter: they are often far away, and the detector seldom sees one where there is none. Vehicles must be surer: it
 * sees aeroplanes in mountains and trains in barns.
 */
function carriesPicture({ kind, weight }: { kind: Kind; weight: number }, best: number): boolean {
  if (kind === 'boat') return weight >= 0.13;
  return weight >= 0.18 && (kind !== 'vehicle' || best >= SURE);
}

export function describe(
  picture: Pick<Picture, 'width' | 'height'>,
  measures: Measures,
  detections: readonly Detection[],
): Seen {
  const subjects = findSubjects(detections, measures);
  const setting = readSetting(measures);
  const main = mainKind(subjects);
  const strongest = subjects.filter(({ noun }) => noun.kind === main?.kind);
  const best = Math.max(...strongest.map(({ score }) => score));
  const about = main && carriesPicture(main, best) ? strongest : [];
  const others = subjects.filter(
    (subject) => !about.includes(subject) && subject.score >= SURE && subject.weight >= 0.1,
  );
  const title = about.length > 0 ? titleOf(about, setting) : setting.scene.title;
  const { width, height } = picture;
  return {
    title,
    description: [
      about.length > 0 ? subjectSentence(about) : setting.scene.sentence,
      others.length > 0 ? `Also in view: ${listed(others.slice(0, 3).map(name))}.` : '',
      settingSentence(setting),
    ]
      .filter((sentence) => sentence !== '')
      .join(' '),
    tags: tagsOf(about, others, setting),
    filename: title.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
    colours: setting.colours,
    width,
    height,
  };
}

function titleOf(about: readonly Subject[], { features, colours }: Setting): string {
  const [first, second] = about;
  const what = first ? some(first) : '';
  const also = second && second.score >= SURE ? ` and ${some(second)}` : '';
  const title = `${what}${also} ${features[0]?.title ?? `in ${listed(colours.slice(0, 2))}`}`;
  return title.charAt(0).toUpperCase() + title.slice(1);
}

/** `dog`, `two dogs`. */
const some = ({ noun, count }: Subject) => (count > 1 ? counted(noun.name, count) : noun.name);
/** `a dog`, `two dogs`. */
const name = ({ noun, count }: Subject) => counted(noun.name, count);

/** Names the group first, since it is likelier right than its member. */
function subjectSentence(about: readonly Subject[]): string {
  const { intro } = KINDS[about[0]?.noun.kind ?? 'thing'];
  const hedge = (about[0]?.score ?? 0) < SURE ? 'perhaps ' : '';
  return `It shows ${intro === '' ? '' : `${intro}: `}${hedge}${listed(about.slice(0, 3).map(name))}.`;
}

function settingSentence({ features, light, colours, monochrome }: Setting): string {
  const where = features.length > 0 ? `, with ${listed(features.map(({ phrase }) => phrase))}` : '';
  const tones = monochrome ? 'black and white' : listed(colours);
  const lit = light === 'even' ? 'The light is even' : `The picture is ${light}`;
  return `${lit}, mostly ${tones}${where}.`;
}

function tagsOf(about: readonly Subject[], others: readonly Subject[], setting: Setting): string[] {
  const kind = about[0]?.noun.kind;
  const own = about.filter(({ score }, rank) => rank === 0 || score >= SURE).slice(0, 4);
  const tags = [
    ...own.map(({ noun }) => noun.name),
    ...(kind ? KINDS[kind].tags : setting.scene.tags),
    ...own.flatMap(({ noun }) => noun.broader),
    ...others.slice(0, 3).map(({ noun }) => noun.name),
    ...setting.features.map(({ tag }) => tag),
    ...(setting.monochrome ? ['monochrome'] : []),
    setting.colours[0] ?? 'grey',
  ];
  return [...new Set(tags)];
}
