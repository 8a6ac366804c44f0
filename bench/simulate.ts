/** How many simulated seeds a second one core runs, with all guards on: the budget of every check that uses the simulator. */
import { performance } from 'node:perf_hooks';
import { runSeed } from '../simulator/run.ts';
import type { BenchResult } from './result.ts';

const SEEDS = 1_000;
const SEEDS_PER_SECOND_MIN = 200;

export function run(): Promise<BenchResult> {
  for (let seed = 1; seed <= 50; seed++) runSeed({ seed });
  const startMs = performance.now();
  for (let seed = 1; seed <= SEEDS; seed++) {
    if (runSeed({ seed }).violation !== undefined) throw new Error(`seed ${seed} violates an invariant`);
  }
  const rate = SEEDS / ((performance.now() - startMs) / 1_000);
  return Promise.resolve({
    name: 'simulate',
    value: rate,
    unit: 'seeds/s',
    baseline: SEEDS_PER_SECOND_MIN,
    ratio: rate / SEEDS_PER_SECOND_MIN,
    target: '>= 200/s',
    kept: rate >= SEEDS_PER_SECOND_MIN,
  });
}
