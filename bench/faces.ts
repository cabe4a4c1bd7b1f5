/**
 * Finding and telling faces apart, on labelled photos beside the repository: faces in each photo, time, and how similar descriptors of
 * one person and of different people are. `node bench/faces.ts [folder] [labels.csv]`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { createFindFaces } from '../functions/faces/find-faces.ts';
import { median } from '../local/statistics.ts';
import { loadFaceModel } from '../shared/adapters/face-model.ts';
import { dot } from '../shared/domain/clustering/vectors.ts';

const PHOTOS = resolve(import.meta.dirname, '../../shared/photos');
const folder = process.argv[2] ?? join(PHOTOS, 'faces');
const labels = readFileSync(process.argv[3] ?? join(PHOTOS, 'faces.csv'), 'utf8');

const started = performance.now();
const model = loadFaceModel();
await model;
console.log(`models loaded in ${Math.round(performance.now() - started)} ms`);
const find = createFindFaces(() => model);

const largest = new Map<string, Float32Array>();
const times: number[] = [];
for (const file of readdirSync(folder).sort()) {
  const before = performance.now();
  const faces = (await find(readFileSync(join(folder, file)))).map(({ face }) => face);
  times.push(performance.now() - before);
  const [first] = faces;
  if (first) largest.set(file, first.descriptor);
  const scores = faces.map(({ score }) => score.toFixed(2)).join(' ');
  console.log(`${file.padEnd(26)} ${Math.round(times.at(-1) ?? 0)} ms  ${faces.length} faces  ${scores}`);
}

const people = labels
  .trim()
  .split(/\r?\n/)
  .slice(1)
  .map((line) => line.split(','))
  .flatMap(([file = '', person]) => {
    const descriptor = largest.get(basename(file));
    return descriptor ? [{ person, descriptor }] : [];
  });
const [same, different]: [number[], number[]] = [[], []];
for (const [index, one] of people.entries()) {
  for (const other of people.slice(index + 1)) {
    (one.person === other.person ? same : different).push(dot(one.descriptor, other.descriptor));
  }
}
/** The chance that a pair of one person is more alike than one of two people. */
const auc =
  same.reduce((sum, alike) => sum + different.filter((other) => other < alike).length, 0) /
  (same.length * different.length);
const line = (name: string, values: number[]) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(4));
  return `${name}: ${values.length} pairs, mean ${mean.toFixed(4)}, deviation ${deviation.toFixed(4)}, ${low} to ${high}`;
};
console.log(line('one person', same));
console.log(line('different people', different));
console.log(`area under the ROC curve ${auc.toFixed(4)}`);
console.log(`median ${Math.round(median(times))} ms, ${Math.round(process.memoryUsage.rss() / 1e6)} MB`);
