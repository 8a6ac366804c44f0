/** One partition of a topic as it was recorded, read on as far as it is asked for. */
import type { EventLog } from '../../pipelines/ports.ts';
import { decode } from '../../schemas/codec.ts';
import type { Message, Topic } from '../../schemas/topics.ts';

export interface Recorded {
  readonly offset: number;
  /** When the log took it. */
  readonly atMs: number;
  readonly message: Message;
}

const READ_LIMIT = 4_096;

export class RecordedTopic {
  readonly #log: EventLog;
  readonly #topic: Topic;
  readonly #partition: number;
  #entries: readonly Recorded[] = [];
  #at = 0;
  #next: number;
  #ended: boolean;

  private constructor(log: EventLog, topic: Topic, partition: number, next: number) {
    this.#log = log;
    this.#topic = topic;
    this.#partition = partition;
    this.#next = next;
    // From beyond its end on there is nothing.
    this.#ended = next === Number.POSITIVE_INFINITY;
  }

  /** From the oldest record on that is kept, or a later one. */
  static async open(log: EventLog, topic: Topic, partition: number, from = 0): Promise<RecordedTopic> {
    return new RecordedTopic(log, topic, partition, Math.max(from, await log.startOffset(topic.name, partition)));
  }

  /** Hands over what the log took until then, in its order. */
  async until(atMs: number, take: (recorded: Recorded) => void): Promise<void> {
    for (;;) {
      for (let entry = this.#entries[this.#at]; entry !== undefined; entry = this.#entries[++this.#at]) {
        if (entry.atMs > atMs) return;
        take(entry);
      }
      if (this.#ended) return;
      await this.#readOn();
    }
  }

  async *all(): AsyncGenerator<Recorded> {
    for (; !this.#ended; await this.#readOn()) {
      for (let entry = this.#entries[this.#at]; entry !== undefined; entry = this.#entries[++this.#at]) yield entry;
    }
  }

  async #readOn(): Promise<void> {
    const entries = await this.#log.read(this.#topic.name, this.#partition, this.#next, READ_LIMIT);
    const readable: Recorded[] = [];
    for (const { offset, atMs, bytes } of entries) {
      const message = messageOf(this.#topic, bytes);
      // The stages passed it over as well.
      if (message !== undefined) readable.push({ offset, atMs, message });
    }
    this.#entries = readable;
    this.#at = 0;
    this.#next = (entries.at(-1)?.offset ?? this.#next) + 1;
    this.#ended = entries.length === 0;
  }
}

function messageOf(topic: Topic, bytes: Uint8Array): Message | undefined {
  try {
    const message = decode(bytes);
    return topic.kinds.includes(message.kind) ? message : undefined;
  } catch {
    return undefined;
  }
}
