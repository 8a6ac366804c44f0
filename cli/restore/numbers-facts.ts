/** What the ledger knows of the numbers of a transaction pool, and what its database in PostgreSQL does; read without changing anything. */
import { openPostgresRegistrar } from '../../adapters/postgres/registrar.ts';
import { coalesced, type Interval } from '../../core/interval.ts';
import type { Generation } from '../../core/ledger/ranges.ts';
import { isRegistered } from '../../core/pool-kind.ts';
import { type DatabaseLineage, judgeLineage, type LineageVerdict, type LoggedLineage, NO_LIFE } from '../../core/reservation/lineage.ts';
import { partitionOf } from '../../core/stream.ts';
import { foldLedger, type LedgerFold } from '../../workers/runtime/ledger/audit.ts';
import type { LedgerExports } from '../../workers/runtime/ledger/ledger-entries.ts';
import type { LedgerReader } from '../../workers/runtime/ledger/ledger-reader.ts';
import { TRANSACTION_POOL } from '../../workers/runtime/reservations/pool-word.ts';
import { allSeries } from '../../workers/runtime/reservations/series-list.ts';
import type { LedgerStore } from '../ledger-store.ts';
import { type SeriesFacts, seriesFacts } from './directory-facts.ts';

export interface NumberedSequence {
  readonly generation: Generation;
  readonly keyScope: string;
  /** End of what the ledger has granted: no number from here on can be in use. */
  readonly granted: number;
  /** Shards that were closed while the sequence lived: each number of them was confirmed. */
  readonly closed: readonly Interval[];
  /** As the database has it; as one that was never opened where it has none. */
  readonly series: SeriesFacts & { readonly ops: number };
}

export interface NumbersFacts {
  readonly database: DatabaseLineage;
  /** What each partition of the ledger says, where the pool ever lived. */
  readonly logged: readonly { readonly partition: number; readonly lineage: LoggedLineage }[];
  readonly verdict: LineageVerdict;
  /** By name: those that live, and whose values come out of the database. */
  readonly sequences: ReadonlyMap<string, NumberedSequence>;
}

export interface NumbersSource {
  readonly store: LedgerStore;
  /** It has caught up. */
  readonly reader: LedgerReader;
  readonly exports: LedgerExports | undefined;
  readonly postgres: string;
}

export async function numbersFacts({ store, reader, exports, postgres }: NumbersSource): Promise<NumbersFacts> {
  const registrar = await openPostgresRegistrar({ url: postgres });
  try {
    const database = await registrar.lineage();
    const logged = reader.shards.flatMap(({ partition, lives }) => {
      const lineage = lives.get(TRANSACTION_POOL);
      return lineage === undefined ? [] : [{ partition, lineage }];
    });
    const verdicts = (logged.length === 0 ? [NO_LIFE] : logged.map(({ lineage }) => lineage)).map((each) => judgeLineage(database, each));
    const fold = await foldLedger(store.log, store.partitionCount, undefined, { exports });
    const sequences = new Map<string, NumberedSequence>();
    const known = await allSeries(registrar);
    for (const generation of reader.ranges.flatMap(({ live }) => [...live.values()])) {
      if (!isRegistered(generation.definition)) continue;
      const status = known.find(({ sequence, generation: id }) => sequence === generation.name && id === generation.id);
      sequences.set(generation.name, {
        ...{ generation, keyScope: keyScopeOf(reader, generation.name), ...grantedOf(fold, generation) },
        series: { ...(await seriesFacts(registrar, status)), ops: status?.ops ?? 0 },
      });
    }
    return { database, logged, verdict: verdicts.find((each) => each !== 'may-serve') ?? 'may-serve', sequences };
  } finally {
    await registrar.close();
  }
}

/** As the pool itself names it (series-book.ts). */
function keyScopeOf({ ranges }: LedgerReader, sequence: string): string {
  return `${sequence}@${ranges[partitionOf(sequence, ranges.length)]?.dropped.get(sequence) ?? -1}`;
}

function grantedOf({ partitions }: LedgerFold, { name, id }: Generation): Pick<NumberedSequence, 'granted' | 'closed'> {
  const all = [...(partitions[partitionOf(name, partitions.length)]?.shards.values() ?? [])];
  const shards = all.filter((shard) => shard.name === name && shard.generation === id);
  const closed = shards.filter(({ ending, slices }) => ending === 'returned' && slices.length === 0);
  const inOrder = closed.map(({ start, end }) => ({ start, end })).sort((a, b) => a.start - b.start);
  return { granted: shards.reduce((end, shard) => Math.max(end, shard.end), 0), closed: coalesced(inOrder) };
}
