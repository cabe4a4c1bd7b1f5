import type { Measure, Suite } from '../runner/suite.ts';

const ASSIGN: Measure = { field: 'assign_ms', title: 'CPU time to assign', unit: 'ms' };

export const suite: Suite = {
  name: 'assign',
  title: 'one image among 200 clusters of 512 dimensions, as organize holds them',
  contenders: [{ name: 'one image', command: [process.execPath, 'bench/contenders/assign.ts'] }],
  measures: [ASSIGN, { field: 'place_ms', title: 'CPU time to place it, statistics updated', unit: 'ms' }],
  goals: [{ what: 'assignment of one image to 200 clusters', measure: ASSIGN, of: 'one image', most: 0.1 }],
};
