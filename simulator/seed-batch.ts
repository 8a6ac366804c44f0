/** A batch of seeds as data that can cross to a thread and back: which ones, and what they went through. */

import { Coverage } from './coverage.ts';
import { FaultPairs } from './fault-pairs.ts';
import { type Guard, rulesWithout } from './guards.ts';
import { type FoundViolation, runSeed } from './run.ts';

export interface SeedBatch {
  readonly first: number;
  readonly count: number;
  readonly without: Guard | undefined;
}

export interface BatchEnd {
  /** The first seed that broke an invariant; the batch ends with it. */
  readonly violation: (FoundViolation & { readonly seed: number }) | undefined;
  readonly coverage: Readonly<Record<string, number>>;
  readonly pairs: readonly number[];
}

export function runBatch({ first, count, without }: SeedBatch): BatchEnd {
  const rules = rulesWithout(without);
  const [all, pairs] = [new Coverage(), new FaultPairs()];
  for (let seed = first; seed < first + count; seed++) {
    const { violation, coverage } = runSeed({ seed, rules });
    all.add(coverage.toJson());
    pairs.count(coverage);
    if (violation !== undefined) return { violation: { ...violation, seed }, coverage: all.toJson(), pairs: pairs.toJson() };
  }
  return { violation: undefined, coverage: all.toJson(), pairs: pairs.toJson() };
}
