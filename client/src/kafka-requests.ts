/** Requests for values over Kafka and their answers, told apart by their ids: what is under way, and who waits for it. */
import { randomUUID } from 'node:crypto';
import type { Consumer, Producer } from 'kafkajs';
import { closedError, RETRIABLE_CODES, SeqcastClientError } from './client-error.ts';
import type { Standing } from './client-events.ts';
import type { ValueBlock } from './transport.ts';

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

/** Whose demand it is, and where requests and answers go. */
export interface KafkaPlace {
  /** Where answers come; it must be on the allow-list of the gateways. */
  readonly replyTopic?: string;
  readonly requestTopic?: string;
  readonly clientType?: string;
  readonly service?: string;
  readonly clientId?: string;
  readonly apiKey?: string;
  readonly timeoutMs: number;
}

const REQUEST_TOPIC = 'seqcast.requests';
const REPLY_TOPIC = 'seqcast.values';
/** An answer waits no longer than this for others to be fetched with. */
export const FETCH_WAIT_MS = 100;
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

export class KafkaRequests {
  readonly #options: KafkaPlace;
  readonly #producer: Producer;
  readonly #consumer: Consumer;
  readonly #waiting = new Map<string, Waiting>();
  readonly #standing: Standing;
  #outbox: { readonly key: string; readonly value: string }[] = [];
  #isSending = false;
  #isClosed = false;

  constructor(options: KafkaPlace, producer: Producer, consumer: Consumer, standing: Standing) {
    this.#options = options;
    this.#producer = producer;
    this.#consumer = consumer;
    this.#standing = standing;
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
      return Promise.reject(failure('SEQ_TOO_MANY_WAITING', `${UNDER_WAY_MAX} requests are under way already`));
    }
    const { timeoutMs, replyTopic = REPLY_TOPIC, clientId, clientType, service } = this.#options;
    const said = { ...(clientId && { clientId }), ...(clientType && { clientType }), ...(service && { service }) };
    const value = JSON.stringify({ request: requestId, sequence, count, replyTopic, ...said });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(requestId);
        reject(failure('SEQ_WAIT_TIMEOUT', `no answer to request ${requestId} within ${timeoutMs} ms`));
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
    const { apiKey } = this.#options;
    const headers = apiKey === undefined ? undefined : { 'seqcast-key': apiKey };
    try {
      while (this.#outbox.length > 0 && !this.#isClosed) {
        const messages = this.#outbox.map((message) => (headers === undefined ? message : { ...message, headers }));
        this.#outbox = [];
        await this.#producer.send({ topic: this.#options.requestTopic ?? REQUEST_TOPIC, acks: -1, messages });
        this.#standing.answered('kafka');
      }
    } catch (error) {
      this.#standing.failed();
      // What was sent may have arrived: its answers still count, its time-outs tell of the rest.
      if (this.#outbox.length === 0) return;
      for (const { value } of this.#outbox.splice(0)) {
        const { request } = JSON.parse(value) as ReplyBody;
        const waiting = this.#taken(request);
        waiting?.reject(failure('SEQ_UNREACHABLE', 'Kafka does not take requests', error));
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
      waiting.reject(failure(error ?? 'SEQ_INTERNAL', message));
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

/** Over Kafka only the code of an error comes. */
function failure(code: string, message: string, cause?: unknown): SeqcastClientError {
  return new SeqcastClientError(code, message, { retriable: RETRIABLE_CODES.includes(code), cause });
}
