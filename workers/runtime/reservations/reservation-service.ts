/** What can be asked about numbers without a gap, whoever asks. Every method throws `SequenceError` with a code of the catalogue. */
import type { ReservationState } from '../../../core/reservation/states.ts';

/** A run of values: start, start + increment, …, `count` of them. */
interface NumberBlock {
  readonly start: bigint;
  readonly count: number;
  readonly increment: bigint;
}

export interface ReserveRequest {
  readonly sequence: string;
  /** The same key gives the same answer for ever; another request under it is a conflict. */
  readonly key: string;
  readonly count: number;
  /** How long the numbers are held when nobody confirms or cancels. */
  readonly ttlMs: number;
  /** For people who read a void report. */
  readonly owner: string;
}

export interface ReservationEnding {
  /** Left out: the id alone says which reservation is meant; given, it must be one of this sequence. */
  readonly sequence?: string | undefined;
  readonly id: string;
  readonly by: string;
}

/** A reservation as it is now. */
export interface ReservationView {
  /** Names this reservation and no other: whoever holds it may confirm or cancel, whoever has the numbers now. */
  readonly id: string;
  readonly sequence: string;
  readonly generation: number;
  readonly state: ReservationState;
  readonly blocks: readonly NumberBlock[];
  readonly values: readonly bigint[];
  /** As they are printed, where the sequence has a format. */
  readonly formatted?: readonly string[];
  /** First day of the period that the numbers belong to, where they begin again. */
  readonly period?: string;
  readonly key?: string;
  readonly owner: string;
  readonly reservedAtMs: number;
  readonly expiresAtMs?: number;
  readonly endedAtMs?: number;
  readonly endedBy?: string;
  readonly because?: string;
}

export interface Reserved extends ReservationView {
  /** True where nothing changed, because the same was asked before. */
  readonly repeated: boolean;
}

export interface ReportRequest {
  readonly sequence: string;
  /** The living one where it is left out. */
  readonly generation?: number;
  /** The first number, or reuse, of the page, from 1. */
  readonly from: number;
  readonly limit: number;
}

/** Why a number is not in use: who holds it, or held it last, and how that ended. */
export interface VoidView {
  /** Counted from 1 in its generation. */
  readonly number: number;
  readonly value: bigint;
  readonly formatted?: string;
  readonly state: 'reserved' | 'cancelled' | 'expired';
  readonly why: string;
  /** When it was given up, or reserved where it is held. */
  readonly atMs: number;
  readonly by: string;
  readonly reservation: string;
  readonly owner: string;
}

export interface ReuseView {
  /** Its place among the reuses of the generation, from 1. */
  readonly reuse: number;
  readonly number: number;
  readonly count: number;
  readonly values: readonly bigint[];
  readonly formatted?: readonly string[];
  readonly before: {
    readonly reservation: string;
    readonly owner: string;
    readonly state: ReservationState;
    readonly atMs: number;
    readonly by: string;
    readonly why: string;
  };
  readonly after: { readonly reservation: string; readonly owner: string; readonly state: ReservationState; readonly atMs: number };
}

export interface ReportPageView<T> {
  readonly generation: number;
  readonly entries: readonly T[];
  /** Where the next page begins; left out on the last one. */
  readonly next?: number;
}

export interface ReservationService {
  reserve(request: ReserveRequest): Promise<Reserved>;
  confirm(ending: ReservationEnding): Promise<ReservationView>;
  cancel(ending: ReservationEnding & { readonly because: string }): Promise<ReservationView>;
  /** `sequence`: as in `ReservationEnding`. */
  find(sequence: string | undefined, id: string): Promise<ReservationView>;
  /** Every number below the highest one that was ever reserved which is not confirmed. */
  voids(request: ReportRequest): Promise<ReportPageView<VoidView>>;
  /** Every number that one reservation gave up and another one got. */
  reuses(request: ReportRequest): Promise<ReportPageView<ReuseView>>;
}
