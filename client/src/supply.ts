/**
 * Keeps the hand supplied: decides when to fetch and how much, one fetch at a time, and serves the line from what arrives.
 *
 * A sequence that promises an order is not fetched ahead, since values that lie in hand would come out of order, and neither is one whose
 * values begin again, since those in hand would be of yesterday: there each fetch brings exactly what the callers want that waited when it
 * was sent. The first answer tells which kind of sequence it is.
 */
import { closedError, codeOf, isRetriable, SeqcastClientError } from './client-error.ts';
import type { Announcer } from './client-events.ts';
import { Hand } from './hand.ts';
import { COUNT_MAX, Pace } from './pace.ts';
import { pause, pauseMs } from './retry.ts';
import { Returns, remainders } from './returns.ts';
import type { SequenceSettings } from './sequence.ts';
import { type BlocksAnswer, type FormattedValue, type Transport, valueCount } from './transport.ts';
import { WaitingLine } from './waiting-line.ts';

export class Supply {
  readonly hand = new Hand();
  readonly pace = new Pace();
  readonly line: WaitingLine;
  readonly returns: Returns;
  readonly #sequence: string;
  readonly #transport: Transport;
  readonly #settings: SequenceSettings;
  readonly #closing = new AbortController();
  /** Whether values may lie in hand; not known before the first answer. */
  #isFetchedAhead: boolean | undefined;
  /** Settles when the fetch under way, with its retries, is over; never rejects. */
  #underWay: Promise<void> | undefined;
  /** No prefetch before this time: the last one failed. Callers in line are not held up by it. */
  #prefetchFromMs = 0;
  /** The server answers all or nothing: near the end of a sequence smaller requests succeed where larger ones fail. */
  #askMax = COUNT_MAX;
  /** Values put in hand, and values taken out of it unused. */
  #putInHand = 0;
  #drained = 0;
  readonly #announcer: Announcer;
  #isExhausted = false;

  constructor(transport: Transport, sequence: string, settings: SequenceSettings, announcer: Announcer) {
    this.#transport = transport;
    if (transport.fetchesAhead === false) this.#isFetchedAhead = false;
    this.#sequence = sequence;
    this.#settings = settings;
    this.#announcer = announcer;
    this.line = new WaitingLine(sequence, settings.timeoutMs, announcer, () => this.look());
    this.returns = new Returns(transport);
  }

  /** Fires when the sequence is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  get underWay(): Promise<void> | undefined {
    return this.#underWay;
  }

  get putInHand(): number {
    return this.#putInHand;
  }

  /** To be called after every take that was not quiet: fetches while it is due, and says how many takes may be quiet now. */
  look(): void {
    // Someone before them may have left, or taken the order with them.
    this.line.serve(this.hand, Number.POSITIVE_INFINITY);
    while (this.#underWay === undefined && this.#isDue()) this.#fetch();
    if (this.line.length > 0) this.hand.allowQuiet(0);
    else this.hand.allowQuiet(this.#underWay === undefined ? this.hand.count - this.pace.mark - 1 : this.hand.count);
  }

  /** Somebody who does not wait found nothing in hand. */
  wish(): void {
    if (this.#isFetchedAhead === true) this.look();
    else if (this.#isFetchedAhead === undefined && this.#underWay === undefined && this.#mayPrefetch()) this.#fetch();
  }

  /** One request, without retries, for so many values: exactly, or at least where that is said. */
  attempt(count: number, least = count): BlocksAnswer | Promise<BlocksAnswer> {
    try {
      const answer = this.#transport.next(count, { least, signal: this.closing });
      return isPromise(answer) ? answer.then((later) => checked(later, count, least)) : checked(answer, count, least);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Values as they are printed, or none where there is no format; past the hand. */
  attemptFormatted(count: number): Promise<readonly FormattedValue[]> {
    const answer = this.#transport.nextFormatted?.(count);
    if (answer !== undefined) return answer;
    throw new SeqcastClientError('SEQ_UNSUPPORTED', `${this.#sequence} is reached by a way on which nobody knows its format`, {
      whatToDo: 'Connect over HTTP or Kafka, or open it in this process.',
    });
  }

  giveBackHand(): void {
    this.#drained += this.hand.count;
    const { blocks, used } = this.hand.drain();
    // It never rejects, and close() waits for it.
    if (blocks.length > 0) void this.returns.give(remainders(blocks, used));
  }

  /** Nothing is fetched any more; what is under way is given back when it lands. */
  close(): void {
    this.#closing.abort();
    this.giveBackHand();
    this.line.dissolve(this.hand, closedError(this.#sequence));
  }

  #isDue(): boolean {
    if (this.closing.aborted) return false;
    return this.line.length > 0 || (this.#isFetchedAhead === true && this.hand.count <= this.pace.mark && this.#mayPrefetch());
  }

  #mayPrefetch(): boolean {
    return performance.now() >= this.#prefetchFromMs;
  }

  #fetch(): void {
    this.pace.asks(performance.now(), this.#putInHand - this.#drained - this.hand.count - this.line.served);
    const asked = this.#askCount();
    const ticket = this.line.lastTicket;
    const answer = this.attempt(asked, this.#leastCount());
    if (isPromise(answer)) {
      this.#underWay = this.#settle(answer, asked, ticket).then(() => {
        this.#underWay = undefined;
        this.look();
      });
    } else this.#land(answer, ticket);
  }

  async #settle(firstAnswer: Promise<BlocksAnswer>, firstAsked: number, firstTicket: number): Promise<void> {
    let [answer, asked, ticket] = [firstAnswer, firstAsked, firstTicket];
    for (let failures = 1; ; failures += 1) {
      const landed = await answer.catch((error: unknown) => this.#stumble(error, asked, failures));
      if (landed === 'over') return;
      if (landed !== 'again') return this.#land(landed, ticket);
      this.pace.tries(performance.now());
      asked = this.#askCount();
      ticket = this.line.lastTicket;
      answer = Promise.resolve(this.attempt(asked, this.#leastCount()));
    }
  }

  /** After a failed attempt: waits as long as it should, and says whether to try again. */
  async #stumble(error: unknown, asked: number, failures: number): Promise<'again' | 'over'> {
    if (this.closing.aborted) return 'over';
    if (codeOf(error) === 'SEQ_EXHAUSTED') {
      if (this.#asksForLess(error, asked)) return 'again';
      if (!this.#isExhausted) this.#announcer.event({ kind: 'exhausted', sequence: this.#sequence });
      this.#isExhausted = true;
    }
    this.line.trouble = error;
    const waitMs = pauseMs(this.#settings.firstPauseMs, failures, error);
    this.#prefetchFromMs = performance.now() + waitMs;
    // Nobody waits for a failed prefetch, so it is not tried again before somebody takes a value.
    if (isRetriable(error) && this.line.length > 0) await pause(waitMs, this.closing);
    if (isRetriable(error) && this.line.length > 0) return 'again';
    this.line.dissolve(this.hand, error);
    return 'over';
  }

  #land({ order = 'none', period, blocks }: BlocksAnswer, ticket: number): void {
    const isAhead = order === 'none' && period === undefined;
    this.#isFetchedAhead = isAhead;
    this.#askMax = Math.min(COUNT_MAX, this.#askMax * 2);
    this.#putInHand += valueCount(blocks);
    this.line.trouble = undefined;
    this.#isExhausted = false;
    this.pace.lands(performance.now());
    // What has lain in hand since before the sequence had an order would come out of it.
    if (!isAhead) this.giveBackHand();
    this.hand.put(blocks);
    // A caller that came after an ordered fetch was sent might have seen a later value elsewhere before.
    this.line.serve(this.hand, isAhead ? Number.POSITIVE_INFINITY : ticket);
    if (!isAhead || this.closing.aborted) this.giveBackHand();
  }

  #askCount(): number {
    const wanted = this.line.wanted - this.hand.count;
    const count = this.#isFetchedAhead === true ? Math.max(wanted, this.pace.size) : wanted;
    return Math.max(this.#leastCount(), Math.min(this.#askMax, count));
  }

  /** Less would not do for the first in line, who gets all or nothing. */
  #leastCount(): number {
    return Math.max(1, this.line.firstCount - this.hand.count);
  }

  /** Fewer values than asked for are left of the sequence. False when there is no smaller request to make. */
  #asksForLess(error: unknown, asked: number): boolean {
    const least = this.#leastCount();
    if (asked > least) {
      this.#askMax = Math.max(least, Math.floor(asked / 2));
      return true;
    }
    // The first in line wants too much; those behind may want less.
    if (asked > 1) this.line.refuseFirst(error);
    return asked > 1 && this.line.length > 0;
  }
}

export function isPromise<T>(answer: T | Promise<T>): answer is Promise<T> {
  return answer instanceof Promise;
}

/** A shorter answer than was agreed would leave the first in line waiting while the fetches go on. */
function checked(answer: BlocksAnswer, count: number, least: number): BlocksAnswer {
  const answered = valueCount(answer.blocks);
  if (answered >= least && answered <= count) return answer;
  throw new SeqcastClientError('SEQ_UNREACHABLE', `the server answered with ${answered} values instead of ${count}`);
}
