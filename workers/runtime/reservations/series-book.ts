/**
 * The series that this life of the transaction pool serves: opened in its store on first use, and granted what the ledger cut for them.
 *
 * A grant is taken over from the ledger as it stands, whichever life of the pool it was cut for: after a restart the shards of the former
 * life go on where that ended, and one that never reached the store is granted then. So nothing is lost or burnt, and nothing granted twice.
 */
import type { Generation } from '../../../core/ledger/ranges.ts';
import type { Decision } from '../../../core/ledger/records.ts';
import type { Shard } from '../../../core/ledger/shards-state.ts';
import { partitionOf, sharedStreamId } from '../../../core/stream.ts';
import { type Meter, newMeter } from '../../../pipelines/consumption.ts';
import type { Clock, Registrar, SeriesStatus } from '../../../pipelines/ports.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import type { GroupWriter } from './group-writer.ts';
import type { PoolLives } from './pool-lives.ts';
import { ServedSeries } from './served-series.ts';

export interface SeriesBookOptions {
  readonly pool: string;
  readonly registrar: Registrar;
  readonly reader: LedgerReader;
  readonly lives: PoolLives;
  readonly writer: GroupWriter;
  readonly clock: Clock;
  readonly partitionCount: number;
  /** More of a series is at hand, by this decision. */
  readonly onGranted: (series: ServedSeries, decision: Decision) => void;
}

export class SeriesBook {
  readonly #options: SeriesBookOptions;
  /** By the store's own number. */
  readonly #numbered = new Map<number, ServedSeries>();
  /** By sequence and generation. */
  readonly #named = new Map<string, Promise<ServedSeries>>();
  /** By stream: what is asked for goes on over a change of generations. */
  readonly #meters = new Map<string, Meter>();

  constructor(options: SeriesBookOptions) {
    this.#options = options;
  }

  all(): Iterable<ServedSeries> {
    return this.#numbered.values();
  }

  get(number: number): ServedSeries | undefined {
    return this.#numbered.get(number);
  }

  /** The series of a generation, opened on first use. */
  named(generation: Generation): Promise<ServedSeries> {
    const key = `${generation.name}@${generation.id}`;
    const known = this.#named.get(key);
    if (known !== undefined) return known;
    const opened = this.#open(generation);
    this.#named.set(key, opened);
    // What failed may be tried again by whoever asks next.
    opened.catch(() => this.#named.delete(key));
    return opened;
  }

  /** The series that a reservation belongs to, whichever life opened it. */
  async numbered(number: number): Promise<ServedSeries | undefined> {
    const known = this.#numbered.get(number);
    if (known !== undefined) return known;
    const { registrar, lives, writer, partitionCount } = this.#options;
    const found = await registrar.status(number);
    if (found === undefined) return undefined;
    await lives.openIn(partitionOf(found.sequence, partitionCount));
    // Between two groups, so that no grant and no reservation falls between what is read and what is counted from there on.
    return await writer.alone(async () => this.#serve((await registrar.status(number)) ?? found));
  }

  /** The open shards of this pool in a partition, each granted once; resolves when the store has them. */
  async grantAll(partition: number): Promise<void> {
    const { reader } = this.#options;
    const shards = [...(reader.shards[partition]?.openShards.values() ?? [])].filter((shard) => this.isOurs(shard));
    // In the order of the log, which is that of the ordinals.
    for (const shard of shards) await this.#grant(partition, shard);
  }

  isOurs(shard: Shard): boolean {
    return shard.gapless === true && shard.pool === this.#options.pool;
  }

  /** The generations of a sequence that are not the living one take no reservation any more. */
  ended(sequence: string): ServedSeries[] {
    const ended = [...this.#numbered.values()].filter((series) => series.sequence === sequence && !this.isLive(series));
    for (const series of ended) {
      series.isEnded = true;
      series.isTouched = true;
    }
    return ended;
  }

  async #open(generation: Generation): Promise<ServedSeries> {
    const { lives, writer, partitionCount } = this.#options;
    await lives.openIn(partitionOf(generation.name, partitionCount));
    return await writer.alone(async () => this.#serve(await this.#opened(generation)));
  }

  async #opened({ name: sequence, id: generation, capacity }: Generation): Promise<SeriesStatus> {
    const { registrar, reader, lives, partitionCount } = this.#options;
    // Keys outlive a reset and a restart, not a drop: what is created afterwards under the same name is another sequence.
    const dropped = reader.ranges[partitionOf(sequence, partitionCount)]?.dropped.get(sequence) ?? -1;
    const keyScope = `${sequence}@${dropped}`;
    const { status, ops } = await registrar.openSeries(lives.writer, { sequence, generation, label: '', keyScope, capacity });
    lives.told(ops);
    return status;
  }

  async #grant(partition: number, { id, generation, start, end, decision }: Shard): Promise<void> {
    const { registrar, reader, lives, writer, onGranted } = this.#options;
    const found = reader.ranges[partition]?.generations.get(generation);
    if (found === undefined) return;
    await lives.openIn(partition);
    await writer.alone(async () => {
      const { granted, series } = await this.#opened(found);
      if (granted < end) lives.told(await registrar.grant(lives.writer, series, { start, end }));
      const served = this.#numbered.get(series);
      if (served === undefined || granted >= end) return;
      served.stock.available += end - granted;
      served.seenOffset = Math.max(served.seenOffset, id);
      served.allocations++;
      onGranted(served, decision);
    });
  }

  #serve(status: SeriesStatus): ServedSeries {
    const known = this.#numbered.get(status.series);
    if (known !== undefined) return known;
    const { reader, partitionCount } = this.#options;
    const partition = partitionOf(status.sequence, partitionCount);
    const open = reader.shards[partition]?.streams.get(sharedStreamId(status.sequence))?.open ?? [];
    // Those above are on their way to the store; those of another generation are no stock of this one.
    const newest = open.filter((shard) => shard.generation !== status.generation || shard.end <= status.granted).at(-1);
    const series = new ServedSeries(status, { partition, meter: this.#meter(status.sequence), seenOffset: newest?.id ?? -1 });
    series.isEnded = !this.isLive(series);
    this.#numbered.set(status.series, series);
    return series;
  }

  #meter(sequence: string): Meter {
    const stream = sharedStreamId(sequence);
    const meter = this.#meters.get(stream) ?? newMeter(stream, this.#options.clock.nowMs());
    this.#meters.set(stream, meter);
    return meter;
  }

  isLive({ sequence, generation, partition }: ServedSeries): boolean {
    return this.#options.reader.ranges[partition]?.live.get(sequence)?.id === generation;
  }
}
