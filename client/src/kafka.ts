/**
 * Values over Kafka, for applications that speak to nothing else: a request on `seqcast.requests`, its answer on a reply topic. An optional
 * entry of its own, `seqcast-client/kafka`, because it needs `kafkajs`, which the application brings.
 */
import { randomUUID } from 'node:crypto';
import type { Consumer, KafkaConfig, Producer } from 'kafkajs';
import { closedError, SeqcastClientError } from './client-error.ts';
import type { ValueBlock } from './transport.ts';

export interface KafkaClientOptions {
  /** As kafkajs takes it: brokers, TLS, SASL. */
  readonly kafka: KafkaConfig;
  /** Where answers come; it must be on the allow-list of the gateways. */
  readonly replyTopic?: string;
  readonly requestTopic?: string;
  readonly clientType?: string;
  readonly service?: string;
  readonly clientId?: string;
  /** How long a request may take, waits for an allocation included. */
  readonly timeoutMs?: number;
}

export interface KafkaRequest {
  readonly sequence: string;
  readonly count?: number;
  /** The same id gives the same values; one is made up where it is left out. */
  readonly requestId?: string;
}

export interface KafkaValues {
  readonly requestId: string;
  readonly blocks: readonly ValueBlock[];
  /** The values as the sequence prints them, in their order; empty where it has no format, and for more than 1,000 values. */
  readonly formatted: readonly string[];
  /** First day of the period that the values belong to, where they begin again each day, month or year. */
  readonly period?: string;
}

export interface KafkaClient {
  /** Resolves with the values; rejects with a `SeqcastClientError` that has the code of the server's answer. */
  request(request: KafkaRequest): Promise<KafkaValues>;
  close(): Promise<void>;
}

const REQUEST_TOPIC = 'seqcast.requests';
const REPLY_TOPIC = 'seqcast.values';
/** Longer than any wait for an allocation that the server allows itself. */
const TIMEOUT_MS = 40_000;
/** Brokers refuse shorter session time-outs than 6 s. */
const SESSION_TIMEOUT_MS = 10_000;
/** An answer waits no longer than this for others to be fetched with. */
const FETCH_WAIT_MS = 100;
/** Requests under way: beyond it the application is asked to wait for answers. */
const UNDER_WAY_MAX = 50_000;

interface Waiting {
  readonly resolve: (values: KafkaValues) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout;
}

interface ReplyBody {
  readonly request: string;
  readonly blocks?: readonly { readonly start: string; readonly count: number; readonly increment: string }[];
  readonly error?: string;
  readonly message?: string;
  readonly formatted?: readonly string[];
  readonly period?: string;
}

/** Connects, and resolves once answers will be heard. */
export async function connectKafka(options: KafkaClientOptions): Promise<KafkaClient> {
  const { Kafka, logLevel } = await import('kafkajs');
  const kafka = new Kafka({ logLevel: logLevel.ERROR, ...options.kafka });
  const producer = kafka.producer({ allowAutoTopicCreation: false, idempotent: false });
  // A group of its own: every client hears all answers and takes its own.
  const consumer = kafka.consumer({
    groupId: `seqcast-client-${randomUUID()}`,
    allowAutoTopicCreation: false,
    sessionTimeout: SESSION_TIMEOUT_MS,
    maxWaitTimeInMs: FETCH_WAIT_MS,
  });
  const client = new Requests(options, producer, consumer);
  try {
    await client.open();
  } catch (error) {
    await client.close();
    throw error;
  }
  return client;
}

class Requests implements KafkaClient {
  readonly #options: KafkaClientOptions;
  readonly #producer: Producer;
  readonly #consumer: Consumer;
  readonly #waiting = new Map<string, Waiting>();
  #outbox: { readonly key: string; readonly value: string }[] = [];
  #isSending = false;
  #isClosed = false;

  constructor(options: KafkaClientOptions, producer: Producer, consumer: Consumer) {
    this.#options = options;
    this.#producer = producer;
    this.#consumer = consumer;
  }

  async open(): Promise<void> {
    await Promise.all([this.#producer.connect(), this.#consumer.connect()]);
    await this.#consumer.subscribe({ topic: this.#options.replyTopic ?? REPLY_TOPIC, fromBeginning: false });
    const joined = new Promise<void>((resolve) => {
      const off = this.#consumer.on(this.#consumer.events.GROUP_JOIN, () => {
        off();
        resolve();
      });
    });
    await this.#consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const { value } of batch.messages) if (value !== null) this.#answered(value);
      },
    });
    await joined;
    // Positions are taken with the first fetch: whoever asks earlier could miss the answer.
    await new Promise((resolve) => setTimeout(resolve, 2 * FETCH_WAIT_MS));
  }

  request({ sequence, count = 1, requestId = randomUUID() }: KafkaRequest): Promise<KafkaValues> {
    if (this.#isClosed) return Promise.reject(closedError('the client'));
    if (this.#waiting.size >= UNDER_WAY_MAX) {
      return Promise.reject(new SeqcastClientError('SEQ_TOO_MANY_WAITING', `${UNDER_WAY_MAX} requests are under way already`));
    }
    const { timeoutMs = TIMEOUT_MS, replyTopic = REPLY_TOPIC, clientId, clientType, service } = this.#options;
    const said = { ...(clientId && { clientId }), ...(clientType && { clientType }), ...(service && { service }) };
    const value = JSON.stringify({ request: requestId, sequence, count, replyTopic, ...said });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(requestId);
        reject(new SeqcastClientError('SEQ_WAIT_TIMEOUT', `no answer to request ${requestId} within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiting.set(requestId, { resolve, reject, timer });
      this.#outbox.push({ key: `${sequence}/${clientId ?? `${clientType}/${service}`}`, value });
      void this.#send();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const [id, { reject, timer }] of this.#waiting) {
      clearTimeout(timer);
      reject(new SeqcastClientError('SEQ_CLOSED', `the client was closed before request ${id} was answered`));
    }
    this.#waiting.clear();
    await Promise.allSettled([this.#producer.disconnect(), this.#consumer.disconnect()]);
  }

  /** One send at a time; what is asked meanwhile goes with the next one. */
  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#outbox.length > 0 && !this.#isClosed) {
        const messages = this.#outbox;
        this.#outbox = [];
        await this.#producer.send({ topic: this.#options.requestTopic ?? REQUEST_TOPIC, acks: -1, messages });
      }
    } catch (error) {
      // What was sent may have arrived: its answers still count, its time-outs tell of the rest.
      if (this.#outbox.length === 0) return;
      for (const { value } of this.#outbox.splice(0)) {
        const { request } = JSON.parse(value) as ReplyBody;
        const waiting = this.#taken(request);
        waiting?.reject(new SeqcastClientError('SEQ_UNREACHABLE', 'Kafka does not take requests', { cause: error }));
      }
    } finally {
      this.#isSending = false;
    }
  }

  #answered(bytes: Buffer): void {
    // Answers to others, in other forms, on the same topic.
    if (bytes[0] !== 0x7b) return;
    const { request, blocks, error, message = '', formatted = [], period } = JSON.parse(bytes.toString('utf8')) as ReplyBody;
    const waiting = this.#taken(request);
    if (waiting === undefined) return;
    if (blocks === undefined) {
      waiting.reject(new SeqcastClientError(error ?? 'SEQ_INTERNAL', message));
      return;
    }
    const exact = blocks.map(({ start, count, increment }) => ({ start: BigInt(start), count, increment: BigInt(increment) }));
    waiting.resolve({ requestId: request, blocks: exact, formatted, ...(period !== undefined && { period }) });
  }

  #taken(request: string): Waiting | undefined {
    const waiting = this.#waiting.get(request);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(request);
    clearTimeout(waiting.timer);
    return waiting;
  }
}
