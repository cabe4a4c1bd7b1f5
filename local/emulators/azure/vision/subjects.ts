import type { Detection } from './detector.ts';
import type { Measures } from './measure.ts';
import { type Kind, NOUNS, type Noun } from './vocabulary.ts';

/** One kind of thing seen in the picture. */
export interface Subject {
  readonly noun: Noun;
  readonly count: number;
  /** 0–1: the detector's score of the best one. */
  readonly score: number;
  /** 0–1: how much of the picture's attention it has: certain and large beats doubtful or small. */
  readonly weight: number;
}

/** From here on a thing is named without "perhaps". */
export const SURE = 0.3;

/** What people do with pictures of these: a dog held by a person is a picture of a dog. */
const INTEREST: Readonly<Record<Kind, number>> = {
  animal: 1.3,
  vehicle: 1.2,
  boat: 1.3,
  food: 1.1,
  person: 0.75,
  plant: 0.9,
  sport: 0.6,
  street: 0.5,
  furniture: 0.6,
  device: 0.7,
  thing: 0.7,
};

/** Below this weight a detection is more likely wrong than worth a word. */
const LEAST_WEIGHT = 0.06;

/** Turns detections into subjects, heaviest first; doubles of one thing are merged and implausible ones dropped. */
export function findSubjects(detections: readonly Detection[], measures: Measures): Subject[] {
  const withPeople = detections.some(({ label, score }) => label === 'person' && score >= SURE);
  const byLabel = Map.groupBy(detections, ({ label }) => label);
  const subjects = [...byLabel].flatMap(([label, found]): Subject[] => {
    const noun = NOUNS.get(label);
    if (!noun) return [];
    const distinct = withoutDoubles(found);
    const sure = distinct.filter(({ score }) => score >= SURE).length;
    const weights = distinct.map(
      (detection) => weigh(detection) * INTEREST[noun.kind] * plausibility(noun, measures, withPeople),
    );
    // Further ones of the same label confirm the first, each less than the one before.
    const weight = weights.sort((a, b) => b - a).reduce((sum, value, index) => sum + value / (index + 1) ** 2, 0);
    return [{ noun, count: Math.max(sure, 1), score: Math.max(...found.map(({ score }) => score)), weight }];
  });
  return subjects.filter(({ weight }) => weight >= LEAST_WEIGHT).sort((a, b) => b.weight - a.weight);
}

/** The strongest group of subjects, and its weight. */
export function mainKind(subjects: readonly Subject[]): { kind: Kind; weight: number } | undefined {
  const totals = new Map<Kind, number>();
  for (const { noun, weight } of subjects) totals.set(noun.kind, (totals.get(noun.kind) ?? 0) + weight);
  const [best] = [...totals].sort((a, b) => b[1] - a[1]);
  return best && { kind: best[0], weight: best[1] };
}

function weigh({ score, box: [, , width, height] }: Detection): number {
  const area = Math.max(0, Math.min(width, 1)) * Math.max(0, Math.min(height, 1));
  return score * Math.min(1, 0.25 + 1.3 * Math.sqrt(area));
}

/**
 * What the rest of the picture says: boats belong on water, dishes are not served below the open sky, and a ball or
 * frisbee that nobody plays with is more likely the sun.
 */
function plausibility(noun: Noun, { water, sky, blueSky }: Measures, withPeople: boolean): number {
  const openSky = sky > 0.25 && blueSky > 0.5;
  if (noun.kind === 'boat') return water > 0.3 ? 1.3 : 0.8;
  if (noun.kind === 'food' || noun.kind === 'furniture' || noun.kind === 'device') return openSky ? 0.4 : 1;
  if (noun.kind === 'sport') return withPeople ? 1 : 0.3;
  return 1;
}

/** Of boxes that lie mostly within another of the same label, only the surest counts. */
function withoutDoubles(detections: readonly Detection[]): Detection[] {
  const kept: Detection[] = [];
  for (const detection of [...detections].sort((a, b) => b.score - a.score)) {
    if (!kept.some((other) => overlap(other.box, detection.box) > 0.6)) kept.push(detection);
  }
  return kept;
}

/** Intersection as a share of the smaller box. */
function overlap(a: Detection['box'], b: Detection['box']): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  const smaller = Math.min(a[2] * a[3], b[2] * b[3]);
  return width <= 0 || height <= 0 || smaller <= 0 ? 0 : (width * height) / smaller;
}
