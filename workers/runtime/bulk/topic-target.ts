/**
 * Values into a topic of Kafka that an operator allows: a record a value, or a record a range, in the order of the values, on partition 0.
 *
 * The job is the only one who writes these records, so after a crash it reads back what it wrote: every record carries the job and its
 * number among the job's records. What is there is not written again, so a killed job leaves exactly the asked count. A record is there
 * twice only where a process that was frozen, not killed, goes on after another one took its job over; then both have one key.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { ValueRun } from '../../../adapters/duckdb/bulk-files.ts';
import { SequenceError } from '../../../core/errors.ts';
import type { EventLog } from '../../../pipelines/ports.ts';
import { checkReplyTopic } from '../shared/value-messages.ts';
import type { IssueOrder } from './bulk-order.ts';

const PARTITION = 0;
/** Some 200 KB: small enough for every broker's limits, large enough that the way to it hardly counts. */
const BATCH_RECORDS = 2_000;
/** How many batches a resumed job reads back at most, so many more lines of its checkpoint. */
const BATCHES_PER_LINE = 20;
const READ_RECORDS = 10_000;
/** A broker that comes back is waited for; then the job's own attempts go on. */
const ATTEMPTS_MAX = 20;
const PAUSE_MS = 250;

const JOB_HEADER = 'seqcast-job';
const NUMBER_HEADER = 'seqcast-record';

/** Records of a job that are in the topic, and where the next one is looked for. */
export interface Sent {
  readonly records: number;
  readonly offset: number;
}

export interface TopicWrite {
  readonly job: string;
  readonly order: IssueOrder;
  readonly runs: readonly ValueRun[];
  readonly print: ((value: bigint) => string) | undefined;
  /** What the job remembers to have written. */
  readonly sent: Sent;
  readonly remember: (sent: Sent) => Promise<void>;
  /** Throws where another process goes on with the job. */
  readonly mustBeOurs: () => Promise<void>;
  readonly isStopping: () => boolean;
  readonly onShare: (share: number) => void;
}

export interface TopicTargetOptions {
  readonly log: EventLog;
  readonly allowed: readonly string[];
}

/** Topics that an operator lets jobs write to. */
export function allowedTopics({ bulkTopics }: { readonly bulkTopics?: string | undefined }): readonly string[] {
  return bulkTopics === undefined ? [] : bulkTopics.split(',');
}

/** Throws `SEQ_TOPIC_FORBIDDEN` for a topic that is not on the list; `SEQ_CONFIG_INVALID` where the list has one of seqcast's own. */
export function checkTopic(topic: string, allowed: readonly string[]): void {
  for (const each of allowed) checkReplyTopic(each);
  if (allowed.includes(topic) && !topic.startsWith('seqcast.')) return;
  const list = allowed.length === 0 ? 'none is allowed: see --bulk-topics' : `allowed are ${allowed.join(', ')}`;
  throw new SequenceError('SEQ_TOPIC_FORBIDDEN', `${topic} is no topic that jobs may write to: ${list}`, { topic });
}

export class TopicTarget {
  readonly #options: TopicTargetOptions;

  constructor(options: TopicTargetOptions) {
    this.#options = options;
  }

  /** Where records of a job that begins now will be. */
  async begin(topic: string): Promise<Sent> {
    checkTopic(topic, this.#options.allowed);
    return { records: 0, offset: await this.#options.log.endOffset(topic, PARTITION) };
  }

  /** Bytes written by this run. */
  async write({ job, order, runs, print, sent: known, remember, mustBeOurs, isStopping, onShare }: TopicWrite): Promise<number> {
    const { topic, format, sequence } = order;
    let sent = await this.#readBack(topic, job, known);
    let batches = 0;
    let bytes = 0;
    const total = format === 'ranges' ? runs.length : order.count;
    for (const texts of batchesOf(recordsOf(order, runs, print, sent.records))) {
      if (isStopping()) throw new SequenceError('SEQ_CLOSED', 'the process ends; the job goes on in the next one');
      await mustBeOurs();
      const records = texts.map((text) => Buffer.from(text));
      const first = sent.records;
      const headers = texts.map((_, index) => ({ [JOB_HEADER]: job, [NUMBER_HEADER]: String(first + index) }));
      sent = await this.#append(topic, job, { records, headers, keys: texts.map(() => sequence) }, sent);
      bytes += records.reduce((sum, each) => sum + each.byteLength, 0);
      onShare(sent.records / total);
      if (++batches % BATCHES_PER_LINE === 0) await remember(sent);
    }
    return bytes;
  }

  async #append(
    topic: string,
    job: string,
    batch: Omit<Parameters<EventLog['append']>[0], 'topic' | 'partition'>,
    sent: Sent,
  ): Promise<Sent> {
    for (let attempt = 1; ; attempt++) {
      try {
        const offset = await this.#options.log.append({ topic, partition: PARTITION, ...batch });
        return { records: sent.records + batch.records.length, offset: offset + batch.records.length };
      } catch (error) {
        if (!(error instanceof SequenceError && error.retriable) || attempt === ATTEMPTS_MAX) throw error;
        await pause(attempt * PAUSE_MS);
        // It may be there: an append is there whole or not at all.
        const found = await this.#readBack(topic, job, sent);
        if (found.records > sent.records) return found;
      }
    }
  }

  /** Goes from what is known to the topic's end, past the records of others. */
  async #readBack(topic: string, job: string, known: Sent): Promise<Sent> {
    const { log } = this.#options;
    if ((await log.startOffset(topic, PARTITION)) > known.offset)
      throw new SequenceError('SEQ_CONFLICT', `${topic} forgot records since the job wrote there: nobody can say what is missing`, {
        topic,
      });
    const end = await log.endOffset(topic, PARTITION);
    let { records, offset } = known;
    while (offset < end) {
      const entries = await log.read(topic, PARTITION, offset, READ_RECORDS);
      for (const { headers } of entries) if (headers?.[JOB_HEADER] === job && Number(headers[NUMBER_HEADER]) === records) records++;
      const last = entries.at(-1);
      if (last === undefined) break;
      offset = last.offset + 1;
    }
    return { records, offset };
  }
}

/** JSON texts from record `from` on. */
function* recordsOf(
  { sequence, format }: IssueOrder,
  runs: readonly ValueRun[],
  print: ((value: bigint) => string) | undefined,
  from: number,
): Generator<string> {
  const formatted = (value: bigint): object => (print === undefined ? {} : { formatted: print(value) });
  let skipped = 0;
  for (const { start, count, increment } of runs) {
    if (format === 'ranges') {
      if (skipped++ >= from)
        yield JSON.stringify({ sequence, start: String(start), count, increment: String(increment), ...formatted(start) });
      continue;
    }
    const first = Math.min(count, Math.max(0, from - skipped));
    skipped += count;
    for (let index = first; index < count; index++) {
      const value = start + BigInt(index) * increment;
      yield JSON.stringify({ sequence, value: String(value), ...formatted(value) });
    }
  }
}

function* batchesOf(texts: Iterable<string>): Generator<string[]> {
  let batch: string[] = [];
  for (const text of texts) {
    batch.push(text);
    if (batch.length < BATCH_RECORDS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
