/**
 * Which kind of pool serves a stream. What is promised comes first, then what an operator says, then how the stream is used; and it stays
 * for a while what it was, because every change gives stock back and orders it again.
 *
 *   throughput    a stock at hand, sized by the forecast: answers at once
 *   transaction   a database: every answer is on the disk before it is given
 *   analytics     no stock: each call is cut its own range, exactly as long as it asks for
 *
 * Pure: the same guarantees, usage and history give the same choice, for ever.
 */
import { SequenceError } from './errors.ts';

export type PoolKind = 'throughput' | 'transaction' | 'analytics';
export const POOL_KINDS: readonly PoolKind[] = ['throughput', 'transaction', 'analytics'];
/** `auto`: by the guarantees, then by usage. */
export type PoolChoice = 'auto' | PoolKind;

/** What a crash may leave in doubt: what was in stock, or nothing that was answered. */
export type Durability = 'stock' | 'answered';

export interface Guarantees {
  readonly guarantee: 'unique' | 'gapless';
  readonly durability: Durability;
  readonly pool: PoolChoice;
}

/** How a stream is used, over the last hours; what is old counts less and less. */
export interface Usage {
  /** Calls behind these figures. */
  readonly calls: number;
  readonly callsPerSecond: number;
  /** Values per second, and the most of a second over that. */
  readonly valuesPerSecond: number;
  readonly burstiness: number;
  /** Three of four calls ask for at least so many values. */
  readonly usualRequest: number;
}

export interface KindChoice {
  readonly kind: PoolKind;
  readonly by: 'guarantee' | 'operator' | 'usage';
  /** In words and numbers, as `explain` and `describe` say it. */
  readonly because: string;
}

export interface ChosenKind extends KindChoice {
  /** When the stream came to this kind. */
  readonly sinceMs: number;
}

/** Calls that a change is decided on: fewer are an accident. */
export const CALLS_MIN = 4;
/** A change gives stock back and stalls a call or two: one in ten minutes is no cost, one a minute would be. */
export const STAY_MS_MIN = 600_000;

/**
 * A call for so many values does not care for a lead time of some milliseconds, and a stock for it would be idle nearly always. Below half
 * of what a call may take (10,000), so that whoever takes blocks as large as it can is above; and powers of two, as usage is counted by.
 */
export const LARGE_REQUEST = { enter: 4_096, leave: 2_048 } as const;
/** Every call of an analytics stream is an allocation: the budget of a stream, one a minute, and three times that before it goes back. */
export const CALLS_PER_SECOND = { enter: 1 / 60, leave: 1 / 20 } as const;
/** Values that come in gulps: a stock for the largest second would last for so many seconds of the mean rate. */
export const BURSTINESS = { enter: 60, leave: 20 } as const;

/** What the guarantees, or an operator's word, leave no choice about; undefined where usage decides. */
function kindByGuarantee({ guarantee, durability, pool }: Guarantees): KindChoice | undefined {
  if (guarantee === 'gapless') return promised('it is gapless: numbers are reserved in the transaction pool, then confirmed or cancelled');
  if (durability === 'answered') return promised('durability is answered: each value is on the disk before it is answered');
  if (pool === 'auto') return undefined;
  return { kind: pool, by: 'operator', because: `the sequence says pool ${pool}` };
}

function promised(because: string): KindChoice {
  return { kind: 'transaction', by: 'guarantee', because };
}

/** Values come out of the transaction pool's database: all callers share one stream, and nothing of it is stock anywhere else. */
export function isRegistered(guarantees: Guarantees): boolean {
  return guarantees.guarantee === 'gapless' || guarantees.durability === 'answered' || guarantees.pool === 'transaction';
}

/** Throws where an operator asks for a pool that cannot keep what the sequence promises. */
export function checkPoolChoice(guarantees: Guarantees): void {
  const { guarantee, durability, pool } = guarantees;
  if (!['stock', 'answered'].includes(durability)) throw invalid('durability', `is ${durability}`, 'use stock or answered');
  if (pool !== 'auto' && !POOL_KINDS.includes(pool)) throw invalid('pool', `is ${pool as string}`, `use auto, ${POOL_KINDS.join(', ')}`);
  if (pool === 'auto' || pool === 'transaction' || !isRegistered(guarantees)) return;
  const promise = guarantee === 'gapless' ? 'guarantee gapless' : 'durability answered';
  throw invalid('pool', `${pool} cannot keep ${promise}`, 'only the transaction pool can: use auto or transaction, or promise less');
}

/** The choice for a stream that nothing is known of yet. */
export function firstKind(guarantees: Guarantees, nowMs: number): ChosenKind {
  const fixed = kindByGuarantee(guarantees);
  if (fixed !== undefined) return { ...fixed, sinceMs: nowMs };
  return { kind: 'throughput', by: 'usage', because: `fewer than ${CALLS_MIN} calls were seen`, sinceMs: nowMs };
}

/** The choice now; the very object that was given where nothing of it changes. */
export function chooseKind(before: ChosenKind, guarantees: Guarantees, usage: Usage, nowMs: number): ChosenKind {
  const fixed = kindByGuarantee(guarantees);
  if (fixed !== undefined) {
    const isSame = fixed.kind === before.kind && fixed.because === before.because;
    return isSame ? before : { ...fixed, sinceMs: fixed.kind === before.kind ? before.sinceMs : nowMs };
  }
  // What was promised or said, and is no more, holds no longer: usage begins anew.
  if (before.by !== 'usage') return firstKind(guarantees, nowMs);
  if (usage.calls < CALLS_MIN || nowMs - before.sinceMs < STAY_MS_MIN) return before;
  const kind = before.kind === 'analytics' ? leavesAnalytics(usage) : entersAnalytics(usage);
  if (kind === before.kind) return before;
  return { kind, by: 'usage', because: usedSo(usage), sinceMs: nowMs };
}

function entersAnalytics({ usualRequest, callsPerSecond, burstiness }: Usage): PoolKind {
  const isHuge = usualRequest >= LARGE_REQUEST.enter;
  const isSeldom = callsPerSecond <= CALLS_PER_SECOND.enter && burstiness >= BURSTINESS.enter;
  return isHuge && isSeldom ? 'analytics' : 'throughput';
}

function leavesAnalytics({ usualRequest, callsPerSecond, burstiness }: Usage): PoolKind {
  const isOften = callsPerSecond > CALLS_PER_SECOND.leave || burstiness < BURSTINESS.leave;
  return usualRequest < LARGE_REQUEST.leave || isOften ? 'throughput' : 'analytics';
}

function usedSo({ calls, callsPerSecond, valuesPerSecond, usualRequest, burstiness }: Usage): string {
  const pace = `${(callsPerSecond * 3_600).toFixed(1)} calls/h, ${valuesPerSecond.toFixed(2)} values/s`;
  const size = `three of four calls ask for ${usualRequest} values or more`;
  return `${pace}, ${size}, the largest second is ${burstiness.toFixed(0)} times the mean (${Math.round(calls)} calls)`;
}

function invalid(attribute: string, wrong: string, hint: string): SequenceError {
  return new SequenceError('SEQ_INVALID_DEFINITION', `${attribute} ${wrong}: ${hint}`, { attribute });
}
