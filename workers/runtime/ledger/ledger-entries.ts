/**
 * Records of one ledger partition in their order, none left out: what a trim cut off comes from its exports, the rest from the log.
 * Whoever folds a ledger must meet every record, so a missing one ends the reading.
 */
import { SequenceError } from '../../../core/errors.ts';
import type { EventLog, LogEntry } from '../../../pipelines/ports.ts';
import { readExports } from './ledger-export.ts';

const READ_LIMIT = 4_096;
/** Records folded in one go: about two milliseconds in which a process that also serves answers nobody. */
const FOLDED_AT_ONCE = 512;

/** Where `seqcast ledger trim` has put what it cut. */
export interface LedgerExports {
  readonly dir: string;
}

export interface LedgerSpan {
  readonly log: EventLog;
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  /** One past the last record wanted; without it, all there are now. */
  readonly end?: number | undefined;
  readonly exports?: LedgerExports | undefined;
}

/** Throws `SEQ_LEDGER_CUT` when the log begins after `from` and the exports do not reach it, `SEQ_DATA_CORRUPT` on a missing record. */
export async function* ledgerEntries(span: LedgerSpan): AsyncGenerator<LogEntry> {
  for await (const entries of ledgerBatches(span)) yield* entries;
}

/** The same a few at a time, with turns of the event loop between them: a whole ledger can be folded beside callers who want values. */
export async function* ledgerBatches(span: LedgerSpan): AsyncGenerator<readonly LogEntry[]> {
  const { log, topic, partition, from, end = Number.POSITIVE_INFINITY, exports } = span;
  const start = Math.min(await log.startOffset(topic, partition), end);
  let next = from;
  if (next < start) {
    if (exports === undefined) throw cutOff(span, start);
    let batch: LogEntry[] = [];
    for await (const entry of readExports({ dir: exports.dir, logId: log.logId, topic, partition }, next, start)) {
      batch.push(entry);
      next = entry.offset + 1;
      if (batch.length < FOLDED_AT_ONCE) continue;
      yield batch;
      batch = [];
      await turn();
    }
    if (batch.length > 0) yield batch;
  }
  while (next < end) {
    const entries = await log.read(topic, partition, next, Math.min(READ_LIMIT, end - next));
    if (entries.length === 0) return;
    for (const entry of entries) {
      if (entry.offset !== next) throw new SequenceError('SEQ_DATA_CORRUPT', `${topic}/${partition} lacks record ${next}`);
      next++;
    }
    yield* inTurns(entries);
  }
}

/** What was read together, in parts that are folded in one go each. */
export async function* inTurns<T>(all: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let at = 0; at < all.length; at += FOLDED_AT_ONCE) {
    yield all.slice(at, at + FOLDED_AT_ONCE);
    await turn();
  }
}

/** Lets everything that waits have its turn, network and timers included. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function cutOff({ topic, partition, from }: LedgerSpan, start: number): SequenceError {
  const what = `${topic}/${partition} begins at record ${start}, and record ${from} is needed`;
  const how = 'stop the server and run `seqcast audit` with --data-dir and the --export-dir of the trim';
  return new SequenceError('SEQ_LEDGER_CUT', `${what}: \`seqcast ledger trim\` has cut it off; ${how}`, { topic, partition, offset: from });
}
