/** `node bench/contenders/assign.ts`: one image among 200 clusters as organize holds them: read from storage, each image placed by `assign`. */
import { assign, derivePrior } from '../../shared/domain/clustering/assign.ts';
import { EXPECTED_BACKGROUND } from '../../shared/domain/clustering/background.ts';
import { newClusterState, place } from '../../shared/domain/clustering/place.ts';
import { restoreStats, statsOf, storeStats } from '../../shared/domain/clustering/stats.ts';
import { drawMixture } from '../mixtures.ts';
import { meterCpu } from '../runner/meter.ts';

const CLUSTERS = 200;
const MEMBERS = 20;
const ROUNDS = 10;

const { vectors, labels } = drawMixture({
  name: 'assign',
  sizes: Array(CLUSTERS).fill(MEMBERS + 5),
  within: [0.5, 0.8],
  seed: 1,
});
const groups = Map.groupBy(vectors, (_, n) => labels[n]!);
const clusters = [...groups].map(([label, members]) =>
  restoreStats(storeStats(statsOf(`c${label}`, members.slice(0, MEMBERS)))),
);
const images = [...groups.values()].flatMap((members) => members.slice(MEMBERS));
const prior = derivePrior(EXPECTED_BACKGROUND.text, clusters);

/** Milliseconds of processor time for one image. */
function timed(work: (vector: Float32Array, n: number) => unknown): number {
  for (const [n, vector] of images.entries()) work(vector, n);
  const cpu = meterCpu();
  for (let round = 0; round < ROUNDS; round += 1) for (const [n, vector] of images.entries()) work(vector, n);
  return cpu() / (ROUNDS * images.length);
}

const state = { ...newClusterState(), clusters };
const assign_ms = timed((vector) => assign(vector, clusters, prior));
const place_ms = timed((vector, n) => place({ image_id: `i${n}`, vector }, state, () => 'new'));
const right = images.filter((vector) => assign(vector, clusters, prior).cluster_id !== null).length / images.length;
console.log(JSON.stringify({ assign_ms, place_ms, assigned: right }));
