import { kmeans } from 'ml-kmeans';
import { MIXTURES, drawMixture } from '/work/main/bench/mixtures.ts';
import { adjustedRandIndex as ari, silhouetteOfMatrix, similarityMatrix } from '/work/main/shared/domain/clustering/metrics.ts';
import { learnReduction, reduceVector } from '/work/main/shared/domain/clustering/reduce.ts';
import { seededRandom } from '/work/main/shared/domain/clustering/random.ts';
import { normalise } from '/work/main/shared/domain/clustering/vectors.ts';
import { cutTree, squaredDistances, wardMerges } from '/work/main/shared/domain/clustering/ward.ts';
for (const r of MIXTURES) {
  const m = drawMixture(r);
  const n = m.vectors.length;
  let t = performance.now();
  const kms = [1,2,3].map(seed => kmeans(m.vectors.map(v=>Array.from(v)), m.k, {seed, maxIterations: 50}));
  const tk = (performance.now()-t)/3;
  const km = kms.map(x=>ari(m.labels, x.clusters));
  t = performance.now();
  const red = learnReduction(m.vectors, 48, seededRandom(1));
  const rows = m.vectors.map(v=>reduceVector(v, red));
  const t1 = performance.now()-t;
  const D = squaredDistances(rows);
  const mg = wardMerges(D, n);
  const unit = rows.map(r=>normalise(r));
  const S = similarityMatrix(unit);
  const E = D.map(d=>1-Math.sqrt(d));
  const S0 = similarityMatrix(m.vectors);
  const best = (M: Float32Array) => { let b=[0,-9]; for (let k=2;k<=Math.min(60,n/2);k++){ const s=silhouetteOfMatrix(M,cutTree(mg,n,k),k); if(s>b[1]!) b=[k,s];} return [b[0], b[1]!.toFixed(3), ari(m.labels,[...cutTree(mg,n,b[0]!)]).toFixed(3)].join(' ')};
  console.log(m.name.padEnd(24), n, 'k', m.k, 'km', km.map(x=>x.toFixed(3)).join(' '), tk.toFixed(0)+'ms', '| wardtrue', ari(m.labels,[...cutTree(mg,n,m.k)]).toFixed(3), '| cos', best(S), '| euc', best(E), '| raw', best(S0), (performance.now()-t).toFixed(0)+'ms', t1.toFixed(0));
}
