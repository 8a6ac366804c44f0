/**
 * Calls for values on their way to the server. One command for a stream is under way at a time, and what is asked for meanwhile goes with
 * the next one, which answers each call as if it had come alone: a call among others costs a tenth of one by itself, on both sides.
 *
 * A call that finds nothing under way leaves in the same turn of the event loop, together with those that arrived in it.
 */
import { SequenceError } from '../../core/errors.ts';
import type { NextCall, NextReply } from '../../pipelines/ports.ts';
import { redisAway } from '../redis-server/address.ts';
import type { StockConnection } from './stock-connection.ts';
import { commandError } from './stock-errors.ts';
import { eachReply, nextReply } from './stock-replies.ts';

/** As limits.lua has it. */
const CALLS_TOGETHER_MAX = 500;
/** Calls that wait for an answer at a time: more only make a queue in front of a server that does not keep up. */
const WAITING_MAX = 10_000;

interface WaitingCall {
  readonly call: NextCall;
  readonly resolve: (reply: NextReply) => void;
  readonly reject: (error: unknown) => void;
}

/** A stream that something is asked for. */
interface StreamCalls {
  /** Not sent yet, in order of arrival. */
  asked: WaitingCall[];
  isUnderWay: boolean;
}

export class CallsTogether {
  readonly #connection: Pick<StockConnection, 'serve' | 'shown'>;
  readonly #streams = new Map<string, StreamCalls>();
  #isScheduled = false;
  #waiting = 0;

  constructor(connection: Pick<StockConnection, 'serve' | 'shown'>) {
    this.#connection = connection;
  }

  next(stream: string, call: NextCall): Promise<NextReply> {
    const { shown } = this.#connection;
    if (this.#waiting >= WAITING_MAX) return Promise.reject(redisAway(shown, new Error(`${this.#waiting} calls wait for it already`)));
    return new Promise((resolve, reject) => {
      this.#waiting++;
      this.#ask(stream, { call, resolve, reject });
    });
  }

  #ask(stream: string, waiting: WaitingCall): void {
    const own = this.#streams.get(stream);
    if (waiting.call.again || waiting.call.waiter !== '') {
      // It says who waits, which a command says for one call only. Whoever came before it is asked for first.
      while (own !== undefined && own.asked.length > 0) void this.#sendTogether(stream, own.asked);
      void this.#send(stream, [waiting]);
    } else if (own !== undefined) {
      own.asked.push(waiting);
    } else {
      this.#streams.set(stream, { asked: [waiting], isUnderWay: false });
      this.#schedule();
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // After everything that has arrived was read, before this process sleeps.
    setImmediate(() => {
      this.#isScheduled = false;
      for (const [stream, own] of this.#streams) if (!own.isUnderWay) void this.#serve(stream, own);
    });
  }

  /** Sends what is asked for, one command at a time, until nothing is. */
  async #serve(stream: string, own: StreamCalls): Promise<void> {
    own.isUnderWay = true;
    while (own.asked.length > 0) {
      await this.#sendTogether(stream, own.asked);
      // Callers that are answered may ask for more at once: what they ask for goes along.
      await nextTurn();
    }
    this.#streams.delete(stream);
  }

  #sendTogether(stream: string, asked: WaitingCall[]): Promise<void> {
    return this.#send(stream, asked.splice(0, CALLS_TOGETHER_MAX));
  }

  /** Sends the calls as one command and passes on what became of each. */
  async #send(stream: string, calls: readonly WaitingCall[]): Promise<void> {
    try {
      const replies = await this.#answers(stream, calls);
      for (const [index, { resolve, reject }] of calls.entries()) {
        const reply = replies[index];
        if (reply === undefined) reject(new SequenceError('SEQ_INTERNAL', 'Redis answered fewer calls than it was asked'));
        else if (reply instanceof Error) reject(commandError(this.#connection.shown, reply));
        else resolve(reply);
      }
    } catch (error) {
      for (const { reject } of calls) reject(error);
    } finally {
      this.#waiting -= calls.length;
    }
  }

  /** The replies in order; an error stands for a call that was refused by itself. */
  async #answers(stream: string, calls: readonly WaitingCall[]): Promise<(NextReply | Error)[]> {
    const key = keyOf(stream);
    const [first] = calls;
    if (calls.length === 1 && first !== undefined) {
      return [nextReply(await this.#connection.serve('seqcast_next', 1, key, ...argumentsOf(first.call)))];
    }
    const args = calls.flatMap(({ call }) => [call.count, call.numbered ? 1 : 0, call.request, call.payloadHash]);
    return eachReply(await this.#connection.serve('seqcast_next_each', 1, key, ...args));
  }
}

/** Arguments of `seqcast_next`: what nothing is said of is left out. */
function argumentsOf({ count, numbered, again, waiter, waiting, request, payloadHash }: NextCall): (string | number)[] {
  if (again || waiter !== '' || request !== '') {
    return [count, 'ordinals', numbered ? 1 : 0, again ? 1 : 0, waiter, waiting, request, payloadHash];
  }
  return numbered ? [count, 'ordinals', 1] : [count, 'ordinals'];
}

export function keyOf(stream: string): string {
  return `{${stream}}:stock`;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
