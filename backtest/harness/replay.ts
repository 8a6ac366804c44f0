/**
 * Replays policies on demand, as `backtest`, `tune` and the benches do:
 *
 * - `replayStream(policy, demand, options)` where the trace is in memory: one policy, one result;
 * - `replayTogether(policies, demand, options)` the same for several: a second's arrivals are drawn once for all of them;
 * - `await replaySource(source, runs)` where it may be longer than memory: make the runs first (`new StreamRun(source.name, policy,
 *   options)`, with one `split: new SplitSecond()` for all of them), ask each for its `result()` after.
 *
 * The same policy, demand and options give the same result, in whatever company. A policy has state: make a new one for every run.
 */
import type { DemandSource } from '../sources/demand-source.ts';
import type { DemandSeconds } from '../traces/demand-seconds.ts';
import type { Policy } from './policy.ts';
import type { StreamResult } from './result.ts';
import { SplitSecond } from './split-second.ts';
import { type RunOptions, StreamRun } from './stream-run.ts';

export function replayStream(policy: Policy, demand: DemandSeconds, options: RunOptions): StreamResult {
  const run = new StreamRun(demand.name, policy, options);
  feed([run], demand.counts.subarray(options.fromS ?? 0));
  return run.result();
}

export function replayTogether(policies: readonly Policy[], demand: DemandSeconds, options: RunOptions): StreamResult[] {
  const split = new SplitSecond();
  const runs = policies.map((policy) => new StreamRun(demand.name, policy, { ...options, split }));
  feed(runs, demand.counts.subarray(options.fromS ?? 0));
  return runs.map((run) => run.result());
}

export async function replaySource(source: DemandSource, runs: readonly StreamRun[]): Promise<void> {
  for await (const piece of source.pieces()) feed(runs, piece);
}

/** Feeds the next seconds to each run: all runs are at the same second, so that they share its arrivals. */
export function feed(runs: readonly StreamRun[], counts: Uint32Array): void {
  const [only] = runs;
  if (only !== undefined && runs.length === 1) for (let i = 0; i < counts.length; i++) only.second(counts[i] ?? 0);
  else for (let i = 0; i < counts.length; i++) for (const run of runs) run.second(counts[i] ?? 0);
}
