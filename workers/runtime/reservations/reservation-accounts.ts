/**
 * What the transaction pool's store says of the ordinals that it was granted, for the audit: confirmed ones are issued; the rest is stock,
 * some of it reserved, some of it given up. The ledger itself knows only which shards the pool has.
 */
import type { Interval } from '../../../core/interval.ts';
import { type Account, type AuditedPartition, generationKey, type KnownCursor } from '../../../core/ledger/audit.ts';
import { PAGE_MAX } from '../../../core/reservation/bounds.ts';
import { partitionOf } from '../../../core/stream.ts';
import type { Registrar, SeriesStatus } from '../../../pipelines/ports.ts';
import { allSeries } from './series-list.ts';

interface Void extends Interval {
  readonly isReserved: boolean;
}

/** A series as it was at one moment. */
export interface SeriesCut {
  readonly status: SeriesStatus;
  readonly voids: readonly Void[];
}

/** Taken before the ledger is folded to its end: then the ledger knows every grant that is in it. */
export async function cutOfSeries(registrar: Pick<Registrar, 'status' | 'voids'>): Promise<SeriesCut[]> {
  const cuts: SeriesCut[] = [];
  for (const status of await allSeries(registrar)) cuts.push({ status, voids: await voidsOf(registrar, status) });
  return cuts;
}

export interface ReservationAccounts {
  /** By shards partition and shard: those that are open. */
  readonly cursors: ReadonlyMap<string, KnownCursor>;
  /** Of the stock, by generation. */
  readonly parts: ReadonlyMap<string, StockParts>;
  readonly problems: readonly string[];
}

export interface StockParts {
  /** Held by a reservation that is neither confirmed nor ended. */
  reserved: number;
  /** Of a reservation that was cancelled or expired, and not reserved again. */
  givenUp: number;
}

export function reservationAccounts(
  { partitions }: { readonly partitions: readonly AuditedPartition[] },
  cuts: readonly SeriesCut[],
): ReservationAccounts {
  const cursors = new Map<string, KnownCursor>();
  const parts = new Map<string, StockParts>();
  const problems: string[] = [];
  for (const { status, voids } of cuts) {
    const { sequence, generation, granted, next } = status;
    const ofGeneration = { reserved: 0, givenUp: 0 };
    const partition = partitionOf(sequence, partitions.length);
    let cut = 0;
    for (const shard of partitions[partition]?.shards.values() ?? []) {
      if (shard.name !== sequence || shard.generation !== generation) continue;
      cut = Math.max(cut, shard.end);
      if (shard.ending !== 'open') continue;
      const held = { start: shard.start, end: Math.max(shard.start, Math.min(shard.end, next)) };
      const reserved = overlap(voids, held, true);
      const givenUp = overlap(voids, held, false);
      ofGeneration.reserved += reserved;
      ofGeneration.givenUp += givenUp;
      const issued = held.end - held.start - reserved - givenUp;
      cursors.set(`${partition}:${shard.shard}`, { issued, stock: shard.end - shard.start - issued, revoked: 0 });
    }
    parts.set(generationKey(sequence, generation), ofGeneration);
    if (granted > cut) {
      problems.push(`${sequence}, generation ${generation}: the transaction pool holds ${granted} ordinals, the ledger granted ${cut}`);
    }
  }
  return { cursors, parts, problems };
}

/** What of an account's stock is reserved or given up; nothing to say of a sequence without reservations. */
export function partsOf(accounts: ReservationAccounts | undefined, { name, generation }: Account): StockParts | undefined {
  return accounts?.parts.get(generationKey(name, generation));
}

function overlap(voids: readonly Void[], { start, end }: Interval, isReserved: boolean): number {
  let total = 0;
  for (const each of voids) {
    if (each.isReserved === isReserved) total += Math.max(0, Math.min(each.end, end) - Math.max(each.start, start));
  }
  return total;
}

async function voidsOf(registrar: Pick<Registrar, 'voids'>, { series, next }: SeriesStatus): Promise<Void[]> {
  const voids: Void[] = [];
  for (let from = 0; from < next; ) {
    const page = await registrar.voids(series, { from, limit: PAGE_MAX });
    for (const { start, end, reservation } of page) voids.push({ start, end, isReserved: reservation.state === 'reserved' });
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_MAX) break;
    from = last.end;
  }
  return voids;
}
