/** What is sent to the request topic: one send at a time, and what is asked meanwhile goes with the next one. */
import { setTimeout as pause } from 'node:timers/promises';
import type { IHeaders, Producer } from 'kafkajs';
import { SeqcastClientError } from './client-error.ts';
import type { Standing } from './client-events.ts';
import type { KafkaConnections } from './kafka-connections.ts';

/** Longer than kafkajs tries by itself. It does not always come back: where a connection ends at the wrong moment it waits for ever. */
const SEND_MS_MAX = 20_000;
const LEAVE_MS_MAX = 2_000;

export interface Outgoing {
  readonly key: string;
  readonly value: string;
}

export interface OutboxOptions {
  readonly connections: () => KafkaConnections;
  readonly topic: string;
  readonly headers?: IHeaders;
  /** These were not sent. */
  readonly onRefused: (messages: readonly Outgoing[], error: unknown) => void;
  readonly standing: Standing;
}

interface Line {
  readonly connections: KafkaConnections;
  readonly producer: Producer;
}

export class KafkaOutbox {
  readonly #options: OutboxOptions;
  #line: Line | undefined;
  #waiting: Outgoing[] = [];
  #isSending = false;
  #isClosed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    await this.#connected();
  }

  put(message: Outgoing): void {
    this.#waiting.push(message);
    void this.#send();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const line = this.#line;
    await Promise.race([line?.producer.disconnect().catch(() => undefined), pause(LEAVE_MS_MAX, undefined, { ref: false })]);
    this.#giveUp();
  }

  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    const { topic, headers, standing, onRefused } = this.#options;
    try {
      while (this.#waiting.length > 0 && !this.#isClosed) {
        // What goes with a connection that does not come about is refused with the rest.
        const { producer } = await this.#connected();
        const messages = this.#waiting.map((message) => (headers === undefined ? message : { ...message, headers }));
        this.#waiting = [];
        await inTime(producer.send({ topic, acks: -1, messages }));
        standing.answered('kafka');
      }
    } catch (error) {
      standing.failed();
      this.#giveUp();
      // What was sent may have arrived: its answers still count, its time-outs tell of the rest.
      onRefused(this.#waiting.splice(0), error);
    } finally {
      this.#isSending = false;
    }
  }

  async #connected(): Promise<Line> {
    if (this.#line !== undefined) return this.#line;
    const connections = this.#options.connections();
    const producer = connections.kafka.producer({ allowAutoTopicCreation: false, idempotent: false });
    const line = { connections, producer };
    this.#line = line;
    await inTime(producer.connect());
    return line;
  }

  #giveUp(): void {
    this.#line?.connections.destroy();
    this.#line = undefined;
  }
}

async function inTime<Result>(asked: Promise<Result>): Promise<Result> {
  asked.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new SeqcastClientError('SEQ_UNREACHABLE', `Kafka took no request within ${SEND_MS_MAX} ms`, { retriable: true }));
    }, SEND_MS_MAX);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
