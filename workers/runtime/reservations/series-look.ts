/**
 * Looks at the series of a store that applications share: what they took inside their own transactions is gone from what is at hand, so
 * that more is ordered before they meet the end of the grant, and it is demand like any other.
 */
import { countIssued, countRequest, type MeterOptions } from '../../../pipelines/consumption.ts';
import type { Clock, Registrar } from '../../../pipelines/ports.ts';
import type { GroupWriter } from './group-writer.ts';
import type { SeriesBook } from './series-book.ts';
import type { ServedSeries } from './served-series.ts';

export interface SeriesLook {
  readonly registrar: Registrar;
  readonly writer: GroupWriter;
  readonly book: SeriesBook;
  readonly clock: Clock;
  readonly meter: MeterOptions;
  readonly onChanged: (series: ServedSeries) => void;
}

export async function lookAtSeries({ registrar, writer, book, clock, meter, onChanged }: SeriesLook): Promise<void> {
  for (const series of [...book.all()]) {
    if (series.isEnded) continue;
    // Between two groups: what this process changed itself is counted by then, all of it.
    await writer.alone(async () => {
      const status = await registrar.status(series.series);
      if (status === undefined) return;
      countIssued(series.meter, Math.max(0, status.next - series.high));
      series.high = Math.max(series.high, status.next);
      series.open = status.open;
      series.givenUp = status.free;
      const atHand = status.granted - status.next + status.free;
      const taken = series.stock.available - atHand;
      if (taken === 0) return;
      series.stock.available = atHand;
      if (taken > 0) countRequest(series.meter, taken, clock.nowMs(), meter);
      onChanged(series);
    });
  }
}
