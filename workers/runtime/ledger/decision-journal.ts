/**
 * The last decisions of every stream, read off the ledger as it is folded: what `explain` answers from.
 */
import type { Decision } from '../../../core/ledger/records.ts';
import type { Shard } from '../../../core/ledger/shards-state.ts';
import type { ExplainedDecision } from '../service/service.ts';

/** Decisions remembered per stream: an hour's worth at the usual number of allocations is 55, the last few explain the present. */
const DECISIONS_KEPT = 16;

/** What of an allocation explains it. */
export interface DecidedShard {
  readonly stream: string;
  readonly start: number;
  readonly end: number;
  readonly decision: Decision;
}

export class DecisionJournal {
  readonly #byStream = new Map<string, { offset: number; record: DecidedShard }[]>();

  note(offset: number, record: DecidedShard): void {
    let kept = this.#byStream.get(record.stream);
    if (kept === undefined) {
      kept = [];
      this.#byStream.set(record.stream, kept);
    }
    kept.push({ offset, record });
    if (kept.length > DECISIONS_KEPT) kept.shift();
  }

  /** A shard that was open already when the ledger was taken up from a snapshot. */
  noteOpen({ id, stream, start, end, decision }: Shard): void {
    this.note(id, { stream: stream.id, start, end, decision });
  }

  /** Newest first; undefined for a stream that never got a shard. */
  of(stream: string): ExplainedDecision[] | undefined {
    return this.#byStream
      .get(stream)
      ?.map(({ offset, record }) => explained(offset, record))
      .reverse();
  }
}

function explained(shard: number, record: DecidedShard): ExplainedDecision {
  const { decision } = record;
  const size = record.end - record.start;
  const { trigger, reserve, position, reorderPoint, orderUpTo, rate, forecastAtMs } = decision;
  const atMs = decision.decidedAtMs;
  return { atMs, shard, size, trigger, reserve, position, reorderPoint, orderUpTo, rate, forecastAtMs, sentence: sentenceOf(record, size) };
}

const BY_TRIGGER = {
  order: 'the pool reached its reorder point',
  forecast: 'a forecast moved the reorder point',
  replace: 'a small shard had to stand in before a surplus could go back',
  manual: 'an operator asked for it',
} as const;

const BY_RESERVE = {
  floor: 'the floor for quiet streams',
  peak: 'the remembered peak of a lead time',
  forecast: 'the forecast of a lead time',
  'ride-through': 'the demand of the ride-through',
  declared: 'an announced burst',
  waiting: 'callers that waited',
} as const;

function sentenceOf(record: DecidedShard, size: number): string {
  const { trigger, reserve, position, reorderPoint, orderUpTo, rate } = record.decision;
  const why = `${size} values, because ${BY_TRIGGER[trigger]}: position ${position} was at or below ${reorderPoint} (set by ${BY_RESERVE[reserve]})`;
  return `${why}; filled up to ${orderUpTo} at ${rate.toFixed(2)} values/s`;
}
