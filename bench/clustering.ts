/**
 * Quality and speed of clustering on labelled mixtures (512 dimensions), beside ml-kmeans told the true k.
 * `node bench/clustering.ts`, or with `--large` also 10,000 points.
 */
import { kmeans } from 'ml-kmeans';
import { assign, derivePrior } from '../shared/domain/clustering/assign.ts';
import { EXPECTED_BACKGROUND } from '../shared/domain/clustering/background.ts';
import { adjustedRandIndex, silhouette } from '../shared/domain/clustering/metrics.ts';
import { seededRandom } from '../shared/domain/clustering/random.ts';
import { statsOf } from '../shared/domain/clustering/stats.ts';
import { runIncremental, runRecluster } from './clustering-run.ts';
import { drawMixture, LARGE_MIXTURE, MIXTURES } from './mixtures.ts';

const large = process.argv.includes('--large');
const three = (value: number) => value.toFixed(3);

console.log(
  '| mixture | n | k | ml-kmeans, true k (3 seeds) | recluster | k found | left out | silhouette | s | one by one (3 orders) | ms an image |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |');
for (const recipe of large ? [...MIXTURES, LARGE_MIXTURE] : MIXTURES) {
  const { name, k, vectors, labels } = drawMixture(recipe);
  const plain = vectors.map((vector) => Array.from(vector));
  const baseline = (vectors.length > 5000 ? [1] : [1, 2, 3]).map((seed) =>
    adjustedRandIndex(labels, kmeans(plain, k, { seed, maxIterations: 50 }).clusters),
  );
  const whole = runRecluster(vectors, labels, 'auto');
  const single = [1, 2, 3].map((seed) => runIncremental(vectors, labels, seed));
  const perImage = single.reduce((sum, run) => sum + run.milliseconds, 0) / 3 / vectors.length;
  const cells = [
    name,
    vectors.length,
    k,
    baseline.map(three).join(' '),
    three(whole.ari),
    whole.clusters,
    whole.unassigned,
    three(silhouette(vectors, whole.labels, seededRandom(1))),
    (whole.milliseconds / 1000).toFixed(1),
    single.map((run) => three(run.ari)).join(' '),
    perImage.toFixed(2),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

const { vectors } = drawMixture({ name: 'timing', sizes: Array<number>(200).fill(5), within: [0.7, 0.7], seed: 1 });
const clusters = Array.from({ length: 200 }, (_, i) => statsOf(`c${i}`, vectors.slice(i * 5, i * 5 + 5)));
const prior = derivePrior(EXPECTED_BACKGROUND.text, clusters);
for (const vector of vectors) assign(vector, clusters, prior);
const started = performance.now();
for (const vector of vectors) assign(vector, clusters, prior);
console.log(`\nassign, 200 clusters: ${((performance.now() - started) / vectors.length).toFixed(3)} ms`);
