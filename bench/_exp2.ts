import { MIXTURES, drawMixture } from './mixtures.ts';
import { adjustedRandIndex as ari } from '../shared/domain/clustering/metrics.ts';
import { place, newClusterState } from '../shared/domain/clustering/place.ts';
import { estimateBackground } from '../shared/domain/clustering/background.ts';
import { derivePrior } from '../shared/domain/clustering/assign.ts';
import { shuffled, seededRandom } from '../shared/domain/clustering/random.ts';
export function run(vectors: Float32Array[], labels: (string|number)[], seed: number, start = newClusterState()) {
  const order = shuffled(vectors.map((_, i) => i), seededRandom(seed));
  let st = start;
  const where = new Map<string, string>();
  let id = 0;
  const t = performance.now();
  for (const i of order) {
    const p = place({ image_id: String(i), vector: vectors[i]! }, st, () => `c${id++}`);
    st = p.state;
    for (const x of p.placed) where.set(x.image_id, x.cluster_id);
  }
  const got = vectors.map((_, i) => where.get(String(i)) ?? `x${i}`);
  const one = vectors.map((_, i) => where.get(String(i)) ?? `x`);
  const b = estimateBackground(st.background); const pr = derivePrior(b, st.clusters);
  return { ari: ari(labels, got), one: ari(labels, one), k: st.clusters.length, un: vectors.length - where.size, ms: (performance.now() - t)/vectors.length, b, pr, st };
}
if (import.meta.main) for (const r of MIXTURES) {
  const m = drawMixture(r);
  console.log(m.name.padEnd(24), m.vectors.length, 'k', m.k, [1,2,3].map(s=>{const x=run(m.vectors,m.labels,s); return `${x.ari.toFixed(3)} (k${x.k} un${x.un} ${x.ms.toFixed(2)}ms b${x.b.mean.toFixed(2)}±${x.b.deviation.toFixed(3)} rel ${x.pr.related.toFixed(2)}±${x.pr.deviation.toFixed(2)})`}).join(' | '));
}
