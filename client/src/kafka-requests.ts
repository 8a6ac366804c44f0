/** Requests for values over Kafka and their answers, told apart by their ids: what is under way, and who waits for it. */
import { randomUUID } from 'node:crypto';
import { closedError, RETRIABLE_CODES, SeqcastClientError } from './client-error.ts';
import type { Standing } from './client-events.ts';
import { KafkaAnswers } from './kafka-answers.ts';
import type { KafkaConnections } from './kafka-connections.ts';
import { KafkaOutbox, type Outgoing } from './kafka-outbox.ts';
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
  readonly #outbox: KafkaOutbox;
  readonly #answers: KafkaAnswers;
  readonly #waiting = new Map<string, Waiting>();
  #isClosed = false;

  /** `connections` are made for each side, and made anew when they fail. */
  constructor(options: KafkaPlace, connections: () => KafkaConnections, standing: Standing) {
    const { requestTopic = REQUEST_TOPIC, replyTopic = REPLY_TOPIC, apiKey } = options;
    const headers = apiKey === undefined ? undefined : { 'seqcast-key': apiKey };
    const onRefused = (messages: readonly Outgoing[], error: unknown): void => this.#refused(messages, error);
    this.#options = options;
    this.#outbox = new KafkaOutbox({ connections, topic: requestTopic, ...(headers && { headers }), onRefused, standing });
    this.#answers = new KafkaAnswers({ connections, topic: replyTopic, onAnswer: (value) => this.#answered(value), standing });
  }

  async open(): Promise<void> {
    await Promise.all([this.#outbox.open(), this.#answers.open()]);
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
      this.#outbox.put({ key: `${sequence}/${clientId ?? `${clientType}/${service}`}`, value });
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const [id, { reject, timer }] of this.#waiting) {
      clearTimeout(timer);
      reject(new SeqcastClientError('SEQ_CLOSED', `the client was closed before request ${id} was answered`));
    }
    this.#waiting.clear();
    await Promise.all([this.#outbox.close(), this.#answers.close()]);
  }

  #refused(messages: readonly Outgoing[], error: unknown): void {
    for (const { value } of messages) {
      const { request } = JSON.parse(value) as ReplyBody;
      this.#taken(request)?.reject(failure('SEQ_UNREACHABLE', 'Kafka does not take requests', error));
    }
  }

  #answered(bytes: Buffer): void {
    // Answers to others, in other forms, on the same topic.
    const body = bodyOf(bytes);
    if (body === undefined) return;
    const { request, blocks, error, message = '', formatted = [], period } = body;
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

/** A topic takes what anybody writes to it: what is no answer must not end the listening. */
function bodyOf(bytes: Buffer): ReplyBody | undefined {
  if (bytes[0] !== 0x7b) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8')) as ReplyBody;
  } catch {
    return undefined;
  }
}

/** Over Kafka only the code of an error comes. */
function failure(code: string, message: string, cause?: unknown): SeqcastClientError {
  return new SeqcastClientError(code, message, { retriable: RETRIABLE_CODES.includes(code), cause });
}
