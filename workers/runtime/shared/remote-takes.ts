/**
 * Takes values out of stocks beyond this process. A call goes to the pool of its stream at once; where that is empty, moved or away
 * the caller waits here, and is served as soon as some pool has what it needs.
 */
import { SpanKind } from '@opentelemetry/api';
import { SequenceError } from '../../../core/errors.ts';
import type { NextReply } from '../../../pipelines/ports.ts';
import { ATTRIBUTES } from '../observability/attributes.ts';
import { publishStall } from '../observability/channels.ts';
import { registeredTracer, startSpan, until } from '../observability/tracer.ts';
import type { PoolConnections } from './pool-connections.ts';
import { dequeue, enqueue, expire, type RemoteCaller, type RemoteStream, type RemoteTaken, rejectAll } from './remote-stream.ts';
import type { StreamRoutes } from './stream-routes.ts';

/** Waiting streams ask again this often, whatever they hear: a store forgets who waits after 2 s. */
const ASK_AGAIN_MS = 50;
/** How often a refusal with a better address is followed before the caller waits. */
const MOVES_MAX = 3;

export interface TakeCall {
  readonly count: number;
  readonly numbered: boolean;
  /** Id of the request and what it asks for; empty where the caller names none. */
  readonly request: string;
  readonly payloadHash: string;
}

export interface RemoteTakesOptions {
  /** This gateway, among those whose callers wait. */
  readonly member: string;
  readonly pools: PoolConnections;
  readonly routes: StreamRoutes;
  readonly monotonicMs: () => number;
  /** Why nothing will ever come, where that is so. */
  readonly hopeless: (stream: RemoteStream) => SequenceError | undefined;
}

type PoolReply = Exclude<NextReply, { outcome: 'moved' }> & { readonly pool: string };

export class RemoteTakes {
  readonly #options: RemoteTakesOptions;
  readonly #waiting = new Map<string, RemoteStream>();
  readonly #tracer = registeredTracer();
  #timer: NodeJS.Timeout | undefined;
  stalls = 0;

  constructor(options: RemoteTakesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.#askAgain(), ASK_AGAIN_MS);
  }

  /** Resolves with what was taken; `onStall` hears that the caller has to wait. */
  take(stream: RemoteStream, call: TakeCall, onStall: () => void): Promise<RemoteTaken> {
    if (this.#tracer === undefined) return this.#take(stream, call, onStall);
    const attributes = { [ATTRIBUTES.stream]: stream.id, [ATTRIBUTES.count]: call.count };
    const span = startSpan(this.#tracer, 'take', { kind: SpanKind.CLIENT, attributes });
    const onWait = (): void => {
      span.setAttribute(ATTRIBUTES.stalled, true);
      onStall();
    };
    const taking = this.#take(stream, call, onWait).then((taken) => {
      span.setAttribute(ATTRIBUTES.pool, taken.pool);
      return taken;
    });
    return until(span, taking);
  }

  async #take(stream: RemoteStream, call: TakeCall, onStall: () => void): Promise<RemoteTaken> {
    let wasAsked = false;
    if (stream.callers.length === 0) {
      const reply = await this.#ask(stream, { ...call, wasAsked }, 0);
      if (reply?.outcome === 'taken') return reply;
      wasAsked = reply !== undefined;
    }
    onStall();
    return this.#wait(stream, { ...call, wasAsked });
  }

  /**
   * Takes for calls of a stream that came together, as many single takes would, at a fraction of what those cost: what the pool has is
   * there when this resolves, in the order of the calls, and a promise stands for whoever has to wait, or hears why he gets nothing.
   */
  async takeTogether(stream: RemoteStream, calls: readonly TakeCall[]): Promise<(RemoteTaken | Promise<RemoteTaken>)[]> {
    const pool = this.#options.routes.poolOf(stream.id);
    const stock = pool === undefined || stream.callers.length > 0 ? undefined : this.#options.pools.get(pool)?.stock;
    if (pool === undefined || stock === undefined) return calls.map((call) => this.#wait(stream, { ...call, wasAsked: false }));
    const asked = calls.map((call) => stock.next(stream.id, { ...call, again: false, waiter: '', waiting: 0 }));
    const replies = await Promise.all(asked.map((reply) => reply.catch((error: unknown) => ({ outcome: 'failed' as const, error }))));
    return replies.map((reply, index) => {
      const call = calls[index] as TakeCall;
      switch (reply.outcome) {
        case 'taken':
          return { pool, incarnation: reply.incarnation, blocks: reply.blocks };
        case 'conflict':
          return Promise.reject(conflictOf(stream, call));
        case 'moved':
          this.#options.routes.correct(stream.id, reply.pool);
          return this.take(stream, call, () => undefined);
        case 'failed':
          if (!isAway(reply.error)) return Promise.reject(reply.error);
          this.#options.pools.suspect(pool, reply.error);
          return this.#wait(stream, { ...call, wasAsked: false });
        default:
          this.#options.pools.ranOut(pool);
          return this.#wait(stream, { ...call, wasAsked: true });
      }
    });
  }

  /** A pool loaded something for the stream. */
  loaded(stream: string): void {
    const waiting = this.#waiting.get(stream);
    if (waiting === undefined) return;
    waiting.wasLoaded = true;
    void this.#serve(waiting);
  }

  rejectSequence(sequence: string, error: () => SequenceError): void {
    for (const stream of this.#waiting.values()) if (stream.sequence === sequence) rejectAll(stream, error);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const stream of this.#waiting.values()) {
      rejectAll(stream, () => new SequenceError('SEQ_NOT_READY', 'the process is draining; ask another instance'));
    }
  }

  #wait(stream: RemoteStream, call: TakeCall & Pick<RemoteCaller, 'wasAsked'>): Promise<RemoteTaken> {
    this.stalls++;
    publishStall(stream, call.count);
    const taken = enqueue(stream, call, this.#options.monotonicMs());
    this.#waiting.set(stream.id, stream);
    void this.#serve(stream);
    return taken;
  }

  #askAgain(): void {
    const nowMs = this.#options.monotonicMs();
    for (const stream of this.#waiting.values()) {
      expire(stream, nowMs);
      const hopeless = stream.callers.length > 0 ? this.#options.hopeless(stream) : undefined;
      if (hopeless !== undefined) rejectAll(stream, () => hopeless);
      if (stream.callers.length === 0 && !stream.isAsking) this.#waiting.delete(stream.id);
      else void this.#serve(stream);
    }
  }

  /** Serves from the front while the stock lasts; one round at a time, so that nobody is overtaken. */
  async #serve(stream: RemoteStream): Promise<void> {
    if (stream.isAsking) return;
    stream.isAsking = true;
    try {
      for (let first = stream.callers[0]; first !== undefined; first = stream.callers[0]) {
        stream.wasLoaded = false;
        const reply = await this.#ask(stream, first, stream.waiting);
        if (reply !== undefined) first.wasAsked = true;
        // It may have been rejected meanwhile: then what was taken for it is burnt.
        const isFirst = stream.callers[0] === first;
        if (reply?.outcome === 'taken') {
          if (isFirst) dequeue(stream);
          first.resolve(reply);
        } else if (!stream.wasLoaded) break;
      }
    } catch (error) {
      // A request id used for another request concerns its caller only.
      const first = stream.callers[0];
      if (first !== undefined) dequeue(stream);
      first?.reject(error);
    } finally {
      stream.isAsking = false;
    }
  }

  /** Asks the stream's pool, following refusals; undefined where no pool could be asked. Throws what the caller did wrong. */
  async #ask(stream: RemoteStream, call: TakeCall & Pick<RemoteCaller, 'wasAsked'>, waiting: number): Promise<PoolReply | undefined> {
    const { pools, routes, member } = this.#options;
    for (let move = 0; move < MOVES_MAX; move++) {
      const pool = routes.poolOf(stream.id);
      const stock = pool === undefined ? undefined : pools.get(pool)?.stock;
      if (pool === undefined || stock === undefined) return undefined;
      const { count, numbered, request, payloadHash, wasAsked } = call;
      const waiter = waiting > 0 ? member : '';
      let reply: NextReply;
      try {
        reply = await stock.next(stream.id, { count, numbered, again: wasAsked, waiter, waiting, request, payloadHash });
      } catch (error) {
        if (!isAway(error)) throw error;
        // What it may have taken unheard is burnt; another pool may serve meanwhile.
        pools.suspect(pool, error);
        return undefined;
      }
      if (reply.outcome === 'conflict') throw conflictOf(stream, call);
      if (reply.outcome !== 'moved') {
        if (reply.outcome !== 'taken') pools.ranOut(pool);
        return { ...reply, pool };
      }
      routes.correct(stream.id, reply.pool);
    }
    return undefined;
  }
}

function isAway(error: unknown): boolean {
  return error instanceof SequenceError && error.code === 'SEQ_ENGINE_AWAY';
}

function conflictOf(stream: RemoteStream, { request }: TakeCall): SequenceError {
  return new SequenceError('SEQ_REQUEST_CONFLICT', `request id ${request} was used for another request of stream ${stream.id}`, {
    request,
  });
}
