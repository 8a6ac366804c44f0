/**
 * When a shard of a gapless series can be closed, and what comes back: nothing of one that is confirmed to its end; of a generation that
 * was ended, once no reservation of it is open, all that was not confirmed.
 */
import { coalesced, type Interval } from '../../../core/interval.ts';
import { SLICES_PER_RETURN_MAX } from '../../../core/limits.ts';
import type { Registrar } from '../../../pipelines/ports.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import type { GroupWriter } from './group-writer.ts';
import type { PoolLives } from './pool-lives.ts';
import type { SeriesBook } from './series-book.ts';
import type { ServedSeries } from './served-series.ts';

export interface Closing {
  readonly registrar: Registrar;
  readonly reader: LedgerReader;
  readonly lives: PoolLives;
  readonly writer: GroupWriter;
  readonly book: SeriesBook;
}

/** Looks at the shards of every series that has changed since it was looked at. */
export async function closeShards({ registrar, reader, lives, writer, book }: Closing): Promise<void> {
  for (const series of [...book.all()]) {
    if (!series.isTouched) continue;
    series.isTouched = false;
    const open = reader.shards[series.partition]?.streams.get(series.id)?.open ?? [];
    for (const shard of open.filter((each) => book.isOurs(each) && each.generation === series.generation)) {
      const slices = await closingOf(registrar, series, shard);
      if (slices === undefined) continue;
      // What the store says is told to the ledger like to anybody else.
      await writer.acknowledged();
      await reader.propose('shards', series.partition, [{ kind: 'ShardReturned', shard: shard.id, incarnation: lives.life, slices }]);
    }
  }
}

/** The slices to return, or undefined while the shard stays open. */
async function closingOf(
  registrar: Registrar,
  { series, isEnded, reserving }: Pick<ServedSeries, 'series' | 'isEnded' | 'reserving'>,
  shard: Interval,
): Promise<readonly Interval[] | undefined> {
  const status = await registrar.status(series);
  if (status === undefined || status.granted < shard.end) return undefined;
  if (!isEnded && status.next < shard.end) return undefined;
  if (isEnded && (status.open > 0 || reserving > 0)) return undefined;
  const voids = await voidsWithin(registrar, series, shard, isEnded ? SLICES_PER_RETURN_MAX + 1 : 1);
  if (!isEnded) return voids.length === 0 ? [] : undefined;
  const fresh = { start: Math.max(shard.start, status.next), end: shard.end };
  const slices = coalesced(fresh.start < fresh.end ? [...voids, fresh] : voids);
  // More pieces than a record can name. A shard is closed once, by one record, and what that does not name is booked as issued: so it
  // stays open, and the audit asks the store what became of it. It costs the ledger one open shard of a generation that is over.
  return slices.length <= SLICES_PER_RETURN_MAX ? slices : undefined;
}

async function voidsWithin(registrar: Registrar, series: number, shard: Interval, limit: number): Promise<Interval[]> {
  const voids = await registrar.voids(series, { from: shard.start, limit });
  return voids.filter(({ start }) => start < shard.end).map(({ start, end }) => ({ start, end: Math.min(end, shard.end) }));
}
