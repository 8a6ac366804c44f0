/** What a data directory whose server is stopped knows of its sequences; read without changing anything. */
import { type EmbeddedStorage, openEmbeddedStorage } from '../../adapters/embedded/storage.ts';
import { SequenceError } from '../../core/errors.ts';
import type { Interval } from '../../core/interval.ts';
import type { Generation, RangesState } from '../../core/ledger/ranges.ts';
import { PAGE_MAX } from '../../core/reservation/bounds.ts';
import { judgeLineage } from '../../core/reservation/lineage.ts';
import { valueAt } from '../../core/sequence.ts';
import type { Registrar, SeriesStatus } from '../../pipelines/ports.ts';
import { LedgerReader } from '../../workers/runtime/ledger/ledger-reader.ts';
import { allSeries } from '../../workers/runtime/reservations/series-list.ts';

/** Ordinals that are not confirmed, and the reservation that holds them or held them last. */
interface Unconfirmed extends Interval {
  readonly reservation: string;
  readonly isReserved: boolean;
}

export interface SeriesFacts {
  /** Every ordinal below it was reserved at least once. */
  readonly next: number;
  readonly unconfirmed: readonly Unconfirmed[];
}

export interface SequenceFacts {
  readonly generation: Generation;
  /** By generation, this one and those before it: the first value that nobody claimed. */
  readonly reached: ReadonlyMap<number, bigint>;
  /** Of a gapless sequence. */
  readonly series?: SeriesFacts;
}

export interface DirectoryFacts {
  readonly logId: string;
  /** What is missing at the end of the database, by its own witness; absent where nothing is. */
  readonly lost?: string;
  /** The ledger names a life of the transaction pool that the database here does not know: its numbers are kept elsewhere. */
  readonly isKeptElsewhere: boolean;
  /** By name: those that live. */
  readonly sequences: ReadonlyMap<string, SequenceFacts>;
}

export async function directoryFacts(dataDir: string): Promise<DirectoryFacts> {
  const { storage, lost } = await openAsItIs(dataDir);
  try {
    const { log, snapshots, partitionCount, registrar } = storage;
    const reader = new LedgerReader({ log, snapshots, partitionCount, onFailure: () => undefined, saves: () => false });
    await reader.catchUp();
    const lineage = await registrar.lineage();
    const lives = reader.shards.flatMap((shards) => [...shards.lives.values()]);
    const isKeptElsewhere = lives.some((logged) => judgeLineage(lineage, logged) !== 'may-serve');
    const known = await allSeries(registrar);
    const sequences = new Map<string, SequenceFacts>();
    for (const generation of reader.ranges.flatMap(({ live }) => [...live.values()])) {
      const { name, id, definition } = generation;
      const reached = reachedBy(name, reader.ranges);
      if (definition.guarantee !== 'gapless') sequences.set(name, { generation, reached });
      else {
        const status = known.find((each) => each.sequence === name && each.generation === id);
        sequences.set(name, { generation, reached, series: await seriesFacts(registrar, status) });
      }
    }
    return { logId: log.logId, ...(lost !== undefined && { lost }), isKeptElsewhere, sequences };
  } finally {
    await storage.close();
  }
}

function reachedBy(name: string, ranges: readonly RangesState[]): ReadonlyMap<number, bigint> {
  const all = ranges.flatMap(({ generations }) => [...generations.values()]).filter((each) => each.name === name);
  return new Map(all.map(({ id, definition, next }) => [id, valueAt(definition, next)]));
}

/** A database that lost its end is not served from; but what is left of it can be read. */
async function openAsItIs(dataDir: string): Promise<{ storage: EmbeddedStorage; lost: string | undefined }> {
  const options = { dataDir, readOnly: true, onFailure: () => undefined };
  try {
    return { storage: await openEmbeddedStorage(options), lost: undefined };
  } catch (error) {
    if (!(error instanceof SequenceError) || error.code !== 'SEQ_DATA_CORRUPT') throw error;
    return { storage: await openEmbeddedStorage({ ...options, acceptsLoss: true }), lost: error.message };
  }
}

export async function seriesFacts(registrar: Pick<Registrar, 'voids'>, status: SeriesStatus | undefined): Promise<SeriesFacts> {
  const unconfirmed: Unconfirmed[] = [];
  const next = status?.next ?? 0;
  for (let from = 0; status !== undefined && from < next; ) {
    const page = await registrar.voids(status.series, { from, limit: PAGE_MAX });
    for (const { start, end, reservation } of page) {
      unconfirmed.push({ start, end, reservation: reservation.id, isReserved: reservation.state === 'reserved' });
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_MAX) break;
    from = last.end;
  }
  return { next, unconfirmed };
}
