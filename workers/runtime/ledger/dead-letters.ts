/**
 * What could not be decoded or applied: written to a topic of its own with why and from where, so that the stage goes on and nothing is
 * lost. Never for the ledger: a reader that does not understand a ledger record stops there.
 */
import { SequenceError } from '../../../core/errors.ts';
import type { Clock, EventLog, LogEntry } from '../../../pipelines/ports.ts';
import { decode, encode } from '../../../schemas/codec.ts';
import type { DeadLetter } from '../../../schemas/messages.ts';
import { type Message, TOPICS, type Topic } from '../../../schemas/topics.ts';
import { PendingAppends } from '../process/pending-appends.ts';
import type { DeadLetterView } from '../service/service.ts';

/** What is kept of a record that is too large to be kept whole. */
const BYTES_KEPT_MAX = 64 * 1024;
const READ_LIMIT = 1_024;

export interface DeadLettersOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly partitionCount: number;
  readonly onFailure: (error: unknown) => void;
}

export class DeadLetters {
  readonly #options: DeadLettersOptions;
  readonly #sending: PendingAppends;
  written = 0;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
    this.#sending = new PendingAppends(options.onFailure);
  }

  add(topic: string, partition: number, { offset, bytes }: Pick<LogEntry, 'offset' | 'bytes'>, error: unknown): void {
    const { log, clock, partitionCount } = this.#options;
    const { code, message } = error instanceof SequenceError ? error : { code: 'SEQ_INTERNAL', message: String(error) };
    const letter: DeadLetter = {
      kind: 'DeadLetter',
      topic,
      partition,
      offset,
      code,
      message,
      bytes: bytes.subarray(0, BYTES_KEPT_MAX),
      atMs: clock.nowMs(),
    };
    this.written++;
    this.#sending.add(log.append({ topic: TOPICS.deadLetters.name, partition: partition % partitionCount, records: [encode(letter)] }));
  }

  /** The newest ones, newest first. */
  async list(limit: number): Promise<DeadLetterView[]> {
    const { log, partitionCount } = this.#options;
    const topic = TOPICS.deadLetters.name;
    const views: DeadLetterView[] = [];
    for (let partition = 0; partition < partitionCount; partition++) {
      const end = await log.endOffset(topic, partition);
      const from = Math.max(await log.startOffset(topic, partition), end - Math.min(limit, READ_LIMIT));
      for (const entry of await log.read(topic, partition, from, READ_LIMIT)) views.push(viewOf(partition, entry));
    }
    return views.sort((a, b) => b.atMs - a.atMs).slice(0, limit);
  }

  /** Appends the record once more to where it came from; whoever reads it there decides again. */
  async replay(id: string): Promise<DeadLetterView> {
    const { log } = this.#options;
    const match = /^([0-9]{1,4}):([0-9]{1,16})$/.exec(id);
    const [partition, offset] = [Number(match?.[1]), Number(match?.[2])];
    const [entry] = match === null ? [] : await log.read(TOPICS.deadLetters.name, partition, offset, 1);
    if (entry === undefined || entry.offset !== offset) throw new SequenceError('SEQ_UNKNOWN_JOB', `there is no dead letter ${id}`, { id });
    const letter = decode(entry.bytes) as DeadLetter;
    if (letter.topic === TOPICS.shards.name || letter.topic === TOPICS.ranges.name) {
      throw new SequenceError('SEQ_INVALID_REQUEST', 'a ledger record is never appended by hand');
    }
    await log.append({ topic: letter.topic, partition: letter.partition, records: [letter.bytes] });
    return viewOf(partition, entry);
  }

  async close(): Promise<void> {
    await this.#sending.settle();
  }
}

/** The messages of a batch; what cannot be decoded, or does not belong on the topic, goes to `onPoison` and is passed over. */
export function readable(topic: Topic, entries: readonly LogEntry[], onPoison: OnPoison): Message[] {
  const messages: Message[] = [];
  for (const entry of entries) {
    try {
      const message = decode(entry.bytes);
      if (!topic.kinds.includes(message.kind)) {
        throw new SequenceError('SEQ_SCHEMA_INVALID', `a ${message.kind} does not belong on ${topic.name}`);
      }
      messages.push(message);
    } catch (error) {
      onPoison(entry, error);
    }
  }
  return messages;
}

/** The same, for whoever reads more than one partition. */
export type OnPoisonOf = (topic: string, partition: number, entry: LogEntry, error: unknown) => void;
export type OnPoison = (entry: LogEntry, error: unknown) => void;

function viewOf(partitionRead: number, { offset: offsetRead, bytes }: LogEntry): DeadLetterView {
  const { topic, partition, offset, code, message, bytes: letter, atMs } = decode(bytes) as DeadLetter;
  return { id: `${partitionRead}:${offsetRead}`, topic, partition, offset, code, message, size: letter.byteLength, atMs };
}
