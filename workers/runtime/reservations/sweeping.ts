/** The sweeper: the only one that expires reservations, between two groups, so that a confirm comes before it or after it. */
import { totalSize } from '../../../core/interval.ts';
import type { Registrar } from '../../../pipelines/ports.ts';
import type { GroupWriter } from './group-writer.ts';
import type { PoolLives } from './pool-lives.ts';
import type { ReservationCounts } from './reservation-counts.ts';
import type { SeriesBook } from './series-book.ts';
import type { ServedSeries } from './served-series.ts';

export interface Sweep {
  readonly registrar: Registrar;
  readonly lives: PoolLives;
  readonly writer: GroupWriter;
  readonly book: SeriesBook;
  readonly nowMs: number;
  readonly counts: ReservationCounts;
  readonly onChanged: (series: ServedSeries) => void;
}

/** Expires whatever is over by then. */
export async function sweepOnce({ registrar, lives, writer, book, nowMs, counts, onChanged }: Sweep): Promise<void> {
  for (let more = true; more; ) {
    more = await writer.alone(async () => {
      const swept = await registrar.sweep(lives.writer, nowMs);
      lives.told(swept.ops);
      const changed = new Set<ServedSeries>();
      for (const { series: number, intervals } of swept.expired) {
        const series = book.get(number);
        if (series === undefined) continue;
        series.stock.available += totalSize(intervals);
        counts.expired(series, intervals);
        changed.add(series);
      }
      // Nobody waits for it, but what has expired is told to whoever looks.
      if (changed.size > 0) writer.acknowledge(new Set([...changed].map(({ partition }) => partition)), swept.ops);
      for (const series of changed) onChanged(series);
      return swept.more;
    });
  }
}
