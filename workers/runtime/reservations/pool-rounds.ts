/** What a life of the transaction pool does again and again: looks at its store, expires what is over, closes shards. */
import type { PoolLife, TransactionPoolOptions } from './pool-life.ts';
import { lookAtSeries } from './series-look.ts';
import type { ServedSeries } from './served-series.ts';
import { closeShards } from './shard-closing.ts';
import { sweepOnce } from './sweeping.ts';

/** Only the sweeper expires reservations, so they live up to this much longer than they were asked for. */
const SWEEP_INTERVAL_MS = 500;
/** How soon what applications took beside the pool is known. */
const LOOK_INTERVAL_MS = 250;
/** How often shards that are confirmed to their end are looked for. */
const CLOSE_INTERVAL_MS = 2_000;

export interface PoolRound {
  readonly name: string;
  readonly intervalMs: number;
  run(): Promise<void>;
}

export function poolRounds(
  life: PoolLife,
  { registrar, reader, clock, meter, counts }: TransactionPoolOptions,
  onChanged: (series: ServedSeries) => void,
): PoolRound[] {
  const parts = { ...life, registrar, reader, clock, meter, counts, onChanged };
  const look: PoolRound = { name: 'look', intervalMs: LOOK_INTERVAL_MS, run: () => lookAtSeries(parts) };
  return [
    ...(registrar.isShared === true ? [look] : []),
    { name: 'sweep', intervalMs: SWEEP_INTERVAL_MS, run: () => sweepOnce({ ...parts, nowMs: clock.nowMs() }) },
    { name: 'close', intervalMs: CLOSE_INTERVAL_MS, run: () => closeShards(parts) },
  ];
}
