/**
 * Values over Kafka: gateways share the partitions of the requests topic, answer on the topic that each request names, and commit some time
 * after the answers are in the log. A request that is delivered twice gets the same block twice: the store keeps what it gave under the
 * request's id, the ledger where the sequence asks for it.
 */
import type { Span } from '@opentelemetry/api';
import { SequenceError } from '../../../core/errors.ts';
import type { EventLog, LogEntry, RecordHeaders, Subscription, WorkGroups } from '../../../pipelines/ports.ts';
import type { ValueRequest } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import type { DeadLetters } from '../ledger/dead-letters.ts';
import { requestSpan } from '../observability/request-spans.ts';
import { headersOf, noteFailure, registeredTracer } from '../observability/tracer.ts';
import { patiently } from '../process/patience.ts';
import { AnsweredOffset } from './answered-offset.ts';
import type { GatewayService } from './gateway-service.ts';
import { PayloadHashes } from './payload-hashes.ts';
import type { IdentifiedRequest, RequestOutcome } from './requests-together.ts';
import { checkReplyTopic, errorReply, type ReadRequest, readRequest, replyBytes, valueReply } from './value-messages.ts';

const GROUP = 'seqcast-gateways';
/** Requests of a partition that are worked on at a time: bounds what a crash makes be delivered again. */
const IN_WORK_MAX = 2_000;

/** Between attempts to append answers: from soon to a second, for as long as a broker may take to come back. */
const PAUSE_MS = 50;
const PAUSE_MS_MAX = 1_000;
const ATTEMPTS_MAX = 600;

export interface ValueRequestsOptions {
  readonly log: EventLog;
  readonly groups: WorkGroups;
  readonly service: Pick<GatewayService, 'nextForRequests'>;
  readonly door: RequestDoor;
  readonly replyTopics: readonly string[];
  readonly deadLetters: DeadLetters;
  readonly onFailure: (error: unknown) => void;
  /** Hears of a log that is away when a partition comes to this gateway: that is tried until it is back. */
  readonly onDelay: (error: SequenceError) => void;
}

/** Who may have values: judges the API key of a request. */
export interface RequestDoor {
  /** Throws, or rejects with, why not; resolves to what gives the values back to a quota that counts them. */
  admit(sequence: string, count: number, headers: RecordHeaders | undefined): undefined | Promise<() => void>;
  /** What of the headers goes on with the answer. */
  passedOn(headers: RecordHeaders | undefined): RecordHeaders | undefined;
}

interface Reply {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Uint8Array;
  readonly headers: RecordHeaders | undefined;
  /** Ends when the reply is in the log. */
  readonly span: Span | undefined;
}

/** A request that can be answered. */
interface Asked extends ReadRequest {
  readonly topic: string;
  readonly partition: number;
  readonly headers: RecordHeaders | undefined;
  /** Why it gets no values, where that is known already. */
  refusal: unknown;
  /** Under way where a quota counts the values: to what gives them back when they are not given out. */
  readonly counting: Promise<() => void> | undefined;
  putBack: (() => void) | undefined;
  readonly span: Span | undefined;
}

/** The answers of one partition on their way to the log. */
interface AnswerLine {
  readonly answered: AnsweredOffset;
  sending: Promise<void>;
}

export class ValueRequests {
  readonly #options: ValueRequestsOptions;
  readonly #hashes = new PayloadHashes();
  readonly #following = new Map<number, Promise<Subscription | undefined>>();
  #owned: ReadonlySet<number> = new Set();
  readonly #tracer = registeredTracer();
  #group: Subscription | undefined;
  answered = 0;
  refused = 0;

  constructor(options: ValueRequestsOptions) {
    this.#options = options;
    for (const topic of options.replyTopics) checkReplyTopic(topic);
  }

  async start(): Promise<void> {
    const { groups, onFailure } = this.#options;
    const onOwned = (partitions: readonly number[]): void => {
      this.#own(partitions).catch(onFailure);
    };
    this.#group = await groups.join({ group: GROUP, topics: [TOPICS.requests.name], onOwned, onError: onFailure });
  }

  async close(): Promise<void> {
    await this.#own([]);
    await this.#group?.close();
  }

  async #own(partitions: readonly number[]): Promise<void> {
    this.#owned = new Set(partitions);
    const former = [...this.#following].filter(([partition]) => !partitions.includes(partition));
    for (const [partition] of former) this.#following.delete(partition);
    await Promise.all(former.map(async ([, following]) => (await following)?.close()));
    await Promise.all(
      partitions.map((partition) => {
        const following = this.#following.get(partition) ?? this.#followPatiently(partition);
        this.#following.set(partition, following);
        return following;
      }),
    );
  }

  #followPatiently(partition: number): Promise<Subscription | undefined> {
    const { onDelay } = this.#options;
    return patiently(() => this.#follow(partition), { isWanted: () => this.#owned.has(partition), onDelay });
  }

  async #follow(partition: number): Promise<Subscription> {
    const { log, onFailure } = this.#options;
    const topic = TOPICS.requests.name;
    const from = Math.max((await log.committed(GROUP, topic, partition)) ?? 0, await log.startOffset(topic, partition));
    const answered = new AnsweredOffset({ from, commit: (offset) => log.commit(GROUP, topic, partition, offset) });
    const line: AnswerLine = { answered, sending: Promise.resolve() };
    const handler = (entries: readonly LogEntry[]): Promise<void> => this.#work(partition, entries, line);
    const subscription = log.subscribe({ topic, partition, from, handler, onError: onFailure });
    return {
      async close() {
        await subscription.close();
        await line.sending;
        await answered.close();
      },
    };
  }

  /**
   * A batch gets its values before the next one does, and its answers are on their way to the log meanwhile: one append of a partition at
   * a time, so that offsets are reached in order. What arrives meanwhile is the next batch; the larger it is the less each request costs.
   */
  async #work(partition: number, entries: readonly LogEntry[], line: AnswerLine): Promise<void> {
    for (let from = 0; from < entries.length; from += IN_WORK_MAX) {
      const some = entries.slice(from, from + IN_WORK_MAX);
      const replies = await this.#answers(partition, some);
      await line.sending;
      const sent = this.#send(replies).then(() => line.answered.reached((some.at(-1)?.offset ?? -1) + 1));
      // A failure ends the worker; whoever waits for the line next need not hear of it, too.
      line.sending = sent.catch(this.#options.onFailure);
    }
  }

  /** One append a topic and partition. While the log is away the answers wait: giving up would leave their callers without one. */
  async #send(replies: readonly (Reply | undefined)[]): Promise<void> {
    const byPlace = new Map<string, Reply[]>();
    for (const reply of replies) {
      if (reply === undefined) continue;
      const key = `${reply.partition} ${reply.topic}`;
      const same = byPlace.get(key);
      if (same === undefined) byPlace.set(key, [reply]);
      else same.push(reply);
    }
    await Promise.all([...byPlace.values()].map((same) => this.#append(same)));
  }

  async #append(replies: readonly Reply[]): Promise<void> {
    const { topic, partition } = replies[0] as Reply;
    const records = replies.map(({ bytes }) => bytes);
    const headers = replies.map((reply) => reply.headers);
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#options.log.append({ topic, partition, records, headers });
        this.answered += replies.length;
        for (const { span } of replies) span?.end();
        return;
      } catch (error) {
        if (!(error instanceof SequenceError && error.retriable) || attempt === ATTEMPTS_MAX) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.min(PAUSE_MS_MAX, attempt * PAUSE_MS)));
      }
    }
  }

  /** The replies in order; undefined where there is nobody who could be answered: the request is put aside then. */
  async #answers(partition: number, entries: readonly LogEntry[]): Promise<(Reply | undefined)[]> {
    const asked = entries.map((entry) => this.#asked(partition, entry));
    await counted(asked);
    const valid = asked.filter((each): each is Asked => each !== undefined && each.refusal === undefined);
    const outcomes = await this.#options.service.nextForRequests(valid.map((each) => this.#identified(each)));
    let next = 0;
    return asked.map((each) => {
      if (each === undefined) return undefined;
      const outcome = each.refusal === undefined ? (outcomes[next++] as RequestOutcome) : { error: each.refusal };
      return this.#reply(each, outcome);
    });
  }

  #asked(partition: number, entry: LogEntry): Asked | undefined {
    const { replyTopics, deadLetters, door } = this.#options;
    try {
      const { request, format } = readRequest(entry.bytes);
      const { replyTopic } = request;
      const isAllowed = replyTopics.includes(replyTopic);
      return {
        request,
        format,
        topic: isAllowed ? replyTopic : TOPICS.values.name,
        partition: Number(entry.headers?.['reply-partition'] ?? partition),
        headers: door.passedOn(entry.headers),
        ...(isAllowed ? this.#admission(request, entry.headers) : refusedWith(forbidden(replyTopic, replyTopics))),
        putBack: undefined,
        span: this.#tracer && requestSpan(this.#tracer, request, entry.headers),
      };
    } catch (error) {
      this.refused++;
      deadLetters.add(TOPICS.requests.name, partition, entry, error);
      return undefined;
    }
  }

  #admission({ sequence, count }: ValueRequest, headers: RecordHeaders | undefined): Pick<Asked, 'refusal' | 'counting'> {
    try {
      return { refusal: undefined, counting: this.#options.door.admit(sequence, count, headers) };
    } catch (error) {
      return refusedWith(error);
    }
  }

  #identified({ request: { request: id, sequence, count, clientId, clientType, service } }: Asked): IdentifiedRequest {
    const caller = clientId === '' ? { ...(clientType !== '' && { clientType }), ...(service !== '' && { service }) } : { clientId };
    const payloadHash = this.#hashes.of(`${sequence}/${clientId}/${clientType}/${service}`, count);
    return { request: { sequence, count, ...caller }, id, payloadHash };
  }

  #reply({ request, format, topic, partition, headers, span, putBack }: Asked, outcome: RequestOutcome): Reply {
    if ('error' in outcome) {
      this.refused++;
      putBack?.();
      if (span !== undefined) noteFailure(span, outcome.error);
    }
    const reply = 'error' in outcome ? errorReply(request, outcome.error) : valueReply(request, outcome);
    return { topic, partition, bytes: replyBytes(reply, format), headers: span === undefined ? headers : headersOf(span, headers), span };
  }
}

function refusedWith(refusal: unknown): Pick<Asked, 'refusal' | 'counting'> {
  return { refusal, counting: undefined };
}

/** Those whose key has a quota wait until it is asked; most have none. */
async function counted(asked: readonly (Asked | undefined)[]): Promise<void> {
  const waiting = asked.filter((each) => each?.counting !== undefined) as Asked[];
  if (waiting.length === 0) return;
  const one = async (each: Asked): Promise<void> => {
    try {
      each.putBack = await each.counting;
    } catch (error) {
      each.refusal = error;
    }
  };
  await Promise.all(waiting.map(one));
}

function forbidden(topic: string, allowed: readonly string[]): SequenceError {
  return new SequenceError('SEQ_TOPIC_FORBIDDEN', `${topic} is not among the reply topics ${allowed.join(', ')}`);
}
