import { spawnSync } from 'node:child_process';
import { DATA, drawData } from '../contenders/cluster-data.ts';
import { type Contender, CPU, type Measure, PEAK_MEMORY, type Suite, WALL } from '../runner/suite.ts';

const ARI: Measure = { field: 'ari', title: 'adjusted Rand index', unit: '0–1' };
const PYTHON = '/usr/bin/python3';
const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };

const ours = (name: string, how: string): Contender => ({
  name,
  command: [process.execPath, 'bench/contenders/recluster.ts', how],
});

function scikit(): Contender {
  const asked = spawnSync(PYTHON, ['-c', 'import sklearn; print(sklearn.__version__)'], { encoding: 'utf8' });
  return {
    name: 'scikit-learn KMeans',
    command: [PYTHON, 'bench/contenders/kmeans.py', DATA, '40'],
    env: ONE_THREAD,
    skip: asked.status === 0 ? undefined : `${PYTHON} has no scikit-learn (Debian: python3-sklearn)`,
  };
}

const goal = (what: string, of: string) => [
  {
    what: `${what} against scikit-learn, one thread, k told`,
    measure: CPU,
    of,
    against: 'scikit-learn KMeans',
    most: 1,
  },
  // The other way round: a ratio is bounded from above.
  {
    what: `scikit-learn’s index against that of ${what}`,
    measure: ARI,
    of: 'scikit-learn KMeans',
    against: of,
    most: 1,
  },
];

export const suite: Suite = {
  name: 'recluster',
  title:
    '10,001 × 512 in 40 groups (sizes like 1/rank, 5 % outliers); KMeans with its defaults: k-means++, n_init 10 in 1.2',
  contenders: [
    ours('Shoebox, k = 40 told', '40'),
    ours('Shoebox, k not told', 'auto'),
    scikit(),
    // Long: only where somebody asks for it.
    {
      ...ours('ml-kmeans alone', 'ml-kmeans'),
      skip: process.env.BENCH_ML_KMEANS ? undefined : 'takes minutes; BENCH_ML_KMEANS=1 runs it',
    },
  ],
  measures: [CPU, WALL, ARI, PEAK_MEMORY, { field: 'clusters', title: 'clusters', unit: 'found' }],
  goals: [
    ...goal('re-clustering, k told', 'Shoebox, k = 40 told'),
    ...goal('re-clustering, k not told', 'Shoebox, k not told'),
  ],
  rounds: 3,
  prepare: drawData,
};
