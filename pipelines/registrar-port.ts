/**
 * The port of a transaction pool's store: reservations of gapless series, and durable `next`. The rules are `core/reservation/`, the
 * same for every store; a store adds that a group of commands is one transaction, and that what it answered survives `kill -9`.
 *
 * Everything that changes something names its writer. A store that records another life as the one that writes, or has fewer changes
 * than the writer was told, refuses the whole group with `SEQ_FENCED`: two pools on one database cannot both go on. Before any answer is
 * passed on, the log has accepted an operation count of at least `ops` (core/reservation/lineage.ts).
 */
import type { SequenceError } from '../core/errors.ts';
import type { Interval } from '../core/interval.ts';
import type { CancelCommand, ConfirmCommand, IssueCommand, ReserveCommand } from '../core/reservation/decision.ts';
import type { DatabaseLineage, Writer } from '../core/reservation/lineage.ts';
import type { Reservation, SeriesHead } from '../core/reservation/series.ts';

export interface SeriesName {
  readonly sequence: string;
  readonly generation: number;
  /** A prefix, a period or both, where a generation has several series; else empty. */
  readonly label: string;
}

export interface SeriesToOpen extends SeriesName {
  /** Series that share a scope share idempotency keys: a call repeated after midnight finds the number of the old year. */
  readonly keyScope: string;
  /** Ordinals the series can ever hold. */
  readonly capacity: number;
}

export interface SeriesStatus extends SeriesName, SeriesHead {
  /** The store's own short name of the series, from 1. */
  readonly series: number;
}

/** A reservation as callers see it. Its id is the fencing token: it names series, number and life. */
export interface RegisteredReservation extends Reservation {
  readonly id: string;
}

type OfSeries = { readonly series: number };
type ById = { readonly id: string };

export type RegistrarCommand =
  | (ReserveCommand & OfSeries)
  | (IssueCommand & OfSeries)
  | (Omit<ConfirmCommand, 'number' | 'life'> & ById)
  | (Omit<CancelCommand, 'number' | 'life'> & ById);

/** `repeated`: nothing changed; the same was asked before. */
export type RegistrarOutcome =
  | { readonly reservation: RegisteredReservation; readonly repeated: boolean }
  | { readonly refusal: SequenceError };

export interface OpenedSeries {
  readonly status: SeriesStatus;
  /** State changes over all series. */
  readonly ops: number;
}

/** Where the ledger is told how many changes the database of a pool has made. */
export interface CountLog {
  readonly pool: string;
  readonly topic: string;
  readonly partition: number;
}

export interface AppliedGroup {
  /** One for each command, in order. A refused one changes nothing and does not disturb the others. */
  readonly outcomes: readonly RegistrarOutcome[];
  /** State changes over all series, this group's among them. */
  readonly ops: number;
  /** Where the count was appended in the same transaction, by partition; left out where the store cannot, or nothing changed. */
  readonly counted?: ReadonlyMap<number, number>;
}

export interface SweptGroup {
  readonly expired: readonly RegisteredReservation[];
  /** More are overdue: sweep again. */
  readonly more: boolean;
  readonly ops: number;
}

export interface ReportPage {
  readonly from: number;
  /** Up to 1,000. */
  readonly limit: number;
}

/** Ordinals below the high-water mark that are not confirmed, and the reservation that held them last. */
export interface VoidEntry extends Interval {
  readonly reservation: RegisteredReservation;
}

/** Ordinals that one reservation gave up and another one got: with the end of the first, the whole explanation of a reuse. */
export interface ReuseEntry extends Interval {
  /** Its place among the reuses of the series, from 1. */
  readonly number: number;
  readonly before: RegisteredReservation;
  readonly after: RegisteredReservation;
}

export interface Registrar {
  /** Applications change it beside the pool, in their own transactions: what is at hand is looked at again. */
  readonly isShared?: boolean;
  lineage(): Promise<DatabaseLineage>;
  /** Makes a life the writer from now on; every other one is fenced. A life that was recorded before is refused. */
  recordLife(life: string): Promise<void>;
  /** Opens a series, or finds it as it is. */
  openSeries(writer: Writer, series: SeriesToOpen): Promise<OpenedSeries>;
  /** Adds what the ledger granted; a grant that was added before changes nothing. Resolves to the state changes so far. */
  grant(writer: Writer, series: number, grant: Interval): Promise<number>;
  /**
   * Commits a group of commands in one transaction. A store that lies beside the log may append the count of changes to `logs` in the same
   * one; every other leaves that to the caller.
   */
  apply(writer: Writer, commands: readonly RegistrarCommand[], logs?: readonly CountLog[]): Promise<AppliedGroup>;
  /** Expires reservations whose time is over, of all series; nothing else ever does. */
  sweep(writer: Writer, nowMs: number): Promise<SweptGroup>;

  status(series: number): Promise<SeriesStatus | undefined>;
  find(id: string): Promise<RegisteredReservation | undefined>;
  findByKey(keyScope: string, key: string): Promise<RegisteredReservation | undefined>;
  /** Everyone who ever held an ordinal, the first one first. */
  holders(series: number, ordinal: number): Promise<readonly RegisteredReservation[]>;
  /** Ascending, each ordinal once, those below `from` left out: the next page begins where the last entry ends. */
  voids(series: number, page: ReportPage): Promise<readonly VoidEntry[]>;
  /** In the order in which they happened, from the entry numbered `from` on. */
  reuses(series: number, page: ReportPage): Promise<readonly ReuseEntry[]>;
}
