/** How a life of the transaction pool begins: the proof of its database first, then its parts, then what its former lives were granted. */
import type { Decision } from '../../../core/ledger/records.ts';
import type { MeterOptions } from '../../../pipelines/consumption.ts';
import type { Clock, EventLog, Registrar } from '../../../pipelines/ports.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import { GroupWriter, type GroupWriterOptions } from './group-writer.ts';
import { PoolLives } from './pool-lives.ts';
import type { ReservationCounts } from './reservation-counts.ts';
import { SeriesBook } from './series-book.ts';
import type { ServedSeries } from './served-series.ts';

export interface TransactionPoolOptions {
  readonly name: string;
  readonly mintLife: () => string;
  readonly registrar: Registrar;
  readonly reader: LedgerReader;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  readonly partitionCount: number;
  readonly meter: MeterOptions;
  readonly counts: ReservationCounts;
  /** Tells the allocators of this life; resolves once they know it. */
  readonly announce: (life: string) => Promise<void>;
  /** It has stopped, and this says why: its database is not the one that was written last, or another process writes it. */
  readonly onStopped: (problem: string, error: unknown) => void;
  readonly onFailure: (error: unknown) => void;
}

/** The parts of a life: another one never uses them. */
export interface PoolLife {
  readonly lives: PoolLives;
  readonly writer: GroupWriter;
  readonly book: SeriesBook;
}

export interface PoolEvents extends Pick<GroupWriterOptions, 'onGrantAwaited' | 'onChanged' | 'onFenced'> {
  readonly onGranted: (series: ServedSeries, decision: Decision) => void;
  /** Whoever folds the ledger finds the life from here on; what was folded before is taken over then. */
  readonly onBorn: (life: PoolLife) => void;
}

export async function beginLife(options: TransactionPoolOptions, events: PoolEvents): Promise<PoolLife> {
  const { name: pool, mintLife, reader, announce, counts, monotonicMs } = options;
  const registrar = counts.watched(options.registrar, monotonicMs);
  const onLogged = (timeMs: number): void => counts.onLogged(timeMs);
  const lives = await PoolLives.begin({ pool, life: mintLife(), registrar, reader, monotonicMs, onLogged });
  counts.lives++;
  const writer = new GroupWriter({ ...options, ...events, registrar, lives });
  const book = new SeriesBook({ ...options, ...events, pool, lives, writer });
  const life = { lives, writer, book };
  events.onBorn(life);
  const lived = reader.shards.filter((shards) => shards.lives.has(pool)).map(({ partition }) => partition);
  await Promise.all(lived.map((partition) => lives.openIn(partition)));
  for (const partition of lived) await book.grantAll(partition);
  await announce(lives.life);
  return life;
}
