/** What gateways ask of whoever runs the transaction pool, and how it travels: JSON, with values as they are and refusals by their code. */
import { ERROR_CODES, type ErrorCode, SequenceError } from '../../../core/errors.ts';
import type { SequenceAttributes } from '../../../core/sequence.ts';
import type { RegisteredReservation, ReportPage, SeriesStatus, VoidEntry } from '../../../pipelines/ports.ts';
import type { Issued, IssueRequest } from './issue-desk.ts';
import type {
  ReportPageView,
  ReportRequest,
  ReservationEnding,
  ReservationView,
  Reserved,
  ReserveRequest,
  ReuseView,
  VoidView,
} from './reservation-service.ts';

export interface PoolCalls {
  /** `next` of a sequence whose values are durable before they are answered. */
  issue(request: IssueRequest): Promise<Issued>;
  reserve(request: ReserveRequest): Promise<Reserved>;
  confirm(ending: ReservationEnding): Promise<ReservationView>;
  cancel(ending: ReservationEnding & { readonly because: string }): Promise<ReservationView>;
  find(which: { readonly sequence?: string; readonly id: string }): Promise<ReservationView>;
  voids(request: ReportRequest): Promise<ReportPageView<VoidView>>;
  reuses(request: ReportRequest): Promise<ReportPageView<ReuseView>>;
  /** What the store says, for audits and for whoever looks for a value's holder. */
  storedSeries(of: { readonly series: number }): Promise<SeriesStatus | undefined>;
  storedVoids(of: { readonly series: number; readonly page: ReportPage }): Promise<readonly VoidEntry[]>;
  storedHolders(of: { readonly series: number; readonly ordinal: number }): Promise<readonly RegisteredReservation[]>;
  /** A change that goes on behind the last number that was reserved. */
  alter(change: { readonly name: string; readonly changes: SequenceAttributes }): Promise<void>;
  /** Resolves once nothing of a generation older than this one is reserved any more. */
  settled(of: { readonly sequence: string; readonly generation: number }): Promise<void>;
}

export type PoolCallName = keyof PoolCalls;

export const POOL_CALL_NAMES: readonly PoolCallName[] = [
  'issue',
  'reserve',
  'confirm',
  'cancel',
  'find',
  'voids',
  'reuses',
  'storedSeries',
  'storedVoids',
  'storedHolders',
  'alter',
  'settled',
];

/** How far the asking process has folded the ranges of a sequence: what it knows, the answering one must know as well. */
export interface SeenRanges {
  readonly partition: number;
  readonly nextOffset: number;
}

export interface PoolQuestion {
  readonly call: PoolCallName;
  readonly of: unknown;
  readonly seen?: SeenRanges;
}

export type PoolReply =
  | { readonly answer: unknown }
  | { readonly refusal: { readonly code: ErrorCode; readonly message: string; readonly details: Readonly<Record<string, unknown>> } };

/** Alone in an object, as nothing else here is. */
const BIGINT_FIELD = 'bigint';

export function toWire(message: PoolQuestion | PoolReply): string {
  return JSON.stringify(message, (_key, value: unknown) => (typeof value === 'bigint' ? { [BIGINT_FIELD]: value.toString() } : value));
}

export function fromWire(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return value;
    const digits = (value as Readonly<Record<string, unknown>>)[BIGINT_FIELD];
    return typeof digits === 'string' ? BigInt(digits) : value;
  });
}

export function refusalReply(error: unknown): PoolReply {
  const known = error instanceof SequenceError ? error : new SequenceError('SEQ_INTERNAL', error instanceof Error ? error.message : '');
  return { refusal: { code: known.code, message: known.message, details: known.details } };
}

/** The answer; throws the refusal as if it had been made here, or where the reply is of another kind. */
export function answerFrom(reply: unknown): unknown {
  const { answer, refusal } = reply as { readonly answer?: unknown; readonly refusal?: Readonly<Record<string, unknown>> };
  if (refusal === undefined) return answer;
  const code = ERROR_CODES.find((each) => each === refusal.code) ?? 'SEQ_INTERNAL';
  throw new SequenceError(code, String(refusal.message), refusal.details as Readonly<Record<string, unknown>>);
}
