/** A gapless series as the transaction pool serves it: what is at hand of its grant, who waits for more, and when it orders. */
import { SequenceError } from '../../../core/errors.ts';
import { WAIT_MS_MAX } from '../../../core/limits.ts';
import { RESERVE_FLOOR } from '../../../core/sizing/reserve.ts';
import { sharedStreamId } from '../../../core/stream.ts';
import type { Meter } from '../../../pipelines/consumption.ts';
import type { RegisteredReservation, RegistrarCommand, SeriesStatus } from '../../../pipelines/ports.ts';
import type { OrderingStream } from '../pool/refill-orders.ts';

type WithoutTime<T> = T extends unknown ? Omit<T, 'nowMs'> : never;
/** The time is that of the transaction: a call that waited for a grant is held for as long as it asked for. */
export type Asked = WithoutTime<RegistrarCommand>;

export interface Answered {
  readonly reservation: RegisteredReservation;
  /** Nothing changed: the same was asked before. */
  readonly repeated: boolean;
}

export interface PendingCommand {
  readonly series: ServedSeries;
  readonly command: Asked;
  /** Monotonic time after which it waits no more. */
  readonly deadlineMs: number;
  /** It has waited for a grant, and was counted so. */
  hasStalled?: boolean;
  resolve(answered: Answered): void;
  reject(error: unknown): void;
}

export class ServedSeries implements OrderingStream {
  readonly id: string;
  readonly sequence: string;
  readonly generation: number;
  readonly partition: number;
  /** The store's short name of it. */
  readonly series: number;
  readonly meter: Meter;
  /** Ordinals granted or given up that can be reserved now. */
  readonly stock: { available: number };
  readonly waiters: { values: number };
  /** Reservations that the grant did not suffice for, the oldest first. */
  awaiting: PendingCommand[] = [];
  /** Reservations that are on their way to the store. */
  reserving = 0;
  /** Another generation has followed: what is reserved can be confirmed, nothing is reserved any more. */
  isEnded = false;
  /** Something changed since its shards were looked at. */
  isTouched = true;
  seenOffset: number;
  reorderPoint = RESERVE_FLOOR;
  orderUpTo = 0;
  leadTimeMs = 0;
  orderedAtMs = Number.NEGATIVE_INFINITY;
  orderedWaiting = 0;
  orderClockMs = 0;
  allocations = 0;
  /** Above all ordinals that were ever reserved; reservations that are open; ordinals given up: as answered, for reports. */
  high: number;
  open: number;
  givenUp: number;

  constructor(status: SeriesStatus, options: { readonly partition: number; readonly meter: Meter; readonly seenOffset: number }) {
    this.sequence = status.sequence;
    this.generation = status.generation;
    this.series = status.series;
    this.id = sharedStreamId(status.sequence);
    this.partition = options.partition;
    this.meter = options.meter;
    this.stock = { available: status.granted - status.next + status.free };
    this.waiters = { values: 0 };
    this.seenOffset = options.seenOffset;
    this.high = status.next;
    this.open = status.open;
    this.givenUp = status.free;
  }

  await(pending: PendingCommand): void {
    this.awaiting.push(pending);
    this.waiters.values += countOf(pending);
  }

  /** Those that wait, taken out: they are asked again, or told why not. */
  release(which: (pending: PendingCommand) => boolean = () => true): PendingCommand[] {
    const released = this.awaiting.filter(which);
    if (released.length === 0) return released;
    this.awaiting = this.awaiting.filter((pending) => !which(pending));
    this.waiters.values -= released.reduce((sum, pending) => sum + countOf(pending), 0);
    return released;
  }
}

function countOf({ command }: PendingCommand): number {
  return 'count' in command ? command.count : 0;
}

export function grantAwaited({ sequence }: ServedSeries): SequenceError {
  return new SequenceError('SEQ_GRANT_AWAITED', `the ledger granted no more of ${sequence} within ${WAIT_MS_MAX / 1_000} s`, { sequence });
}

/** Asked of a generation that another one has followed: whoever asks again asks that one. */
export function generationEnded({ sequence, generation }: ServedSeries): SequenceError {
  return new SequenceError('SEQ_CONFLICT', `generation ${generation} of ${sequence} has ended`, { sequence, generation });
}

export function stillHeld({ sequence }: ServedSeries, open: number, free: number): SequenceError {
  const what = `${open} reservations of ${sequence} are open and ${free} of its numbers were given up`;
  return new SequenceError('SEQ_CONFLICT', `${what}: confirm or cancel, and reserve them again, first`, { sequence, open, free });
}

/** Ends all waits of the series. */
export function rejectAwaiting(series: ServedSeries, error: SequenceError): void {
  for (const pending of series.release()) pending.reject(error);
}

export function draining(): SequenceError {
  return new SequenceError('SEQ_NOT_READY', 'the process is draining; ask another instance');
}
