/**
 * A sequence whose values are handed out of numbered blocks fetched ahead of demand.
 *
 * At most one fetch is under way. What is fetched is asked for by the client's own pace; callers that find nothing in hand wait in
 * line. A sequence that promises an order is not fetched ahead, since values that lie in hand would come out of order: there each
 * fetch brings exactly what the callers want that waited when it was sent. The first answer tells which kind it is.
 *
 * Guarantee: a value is handed out once. A block is ended here before it is given back, it is given back once, and whatever comes of
 * that it is never used again.
 */
import { Block } from './block.ts';
import { closedError, codeOf, isRetriable, SeqcastClientError } from './client-error.ts';
import { Hand } from './hand.ts';
import { COUNT_MAX, Pace } from './pace.ts';
import { patiently, pause, pauseMs } from './retry.ts';
import { Returns, remainders } from './returns.ts';
import { DEFAULT_SETTINGS, type Sequence, type SequenceFigures, type SequenceSettings } from './sequence.ts';
import { type BlocksAnswer, type BlocksRequest, type Transport, valueCount } from './transport.ts';
import { WaitingLine, type WaitOptions } from './waiting-line.ts';

/** How long close() waits for a fetch under way, so that what it brings is given back and not burnt. */
const LANDING_WAIT_MS = 2_000;

export function createSequence(transport: Transport, name: string, settings: Partial<SequenceSettings> = {}): Sequence {
  return new PrefetchedSequence(transport, name, { ...DEFAULT_SETTINGS, ...settings });
}

class PrefetchedSequence implements Sequence {
  readonly name: string;
  readonly #transport: Transport;
  readonly #settings: SequenceSettings;
  readonly #hand = new Hand();
  readonly #pace = new Pace();
  readonly #line: WaitingLine;
  readonly #returns: Returns;
  readonly #closing = new AbortController();
  readonly #idleWatch: NodeJS.Timeout | undefined;
  #order: 'unknown' | 'none' | 'stream' | 'sequence' = 'unknown';
  /** Settles when the fetch under way, with its retries, is over; never rejects. */
  #underWay: Promise<void> | undefined;
  /** No prefetch before this time: the last one failed. Callers in line are not held up by it. */
  #prefetchFromMs = 0;
  /** The server answers all or nothing: near the end of a sequence smaller requests succeed where larger ones fail. */
  #askMax = COUNT_MAX;
  #fetched = 0;
  /** Put in hand, and taken out of it unused. */
  #putInHand = 0;
  #drained = 0;
  #ended: Promise<void> | undefined;

  constructor(transport: Transport, name: string, settings: SequenceSettings) {
    this.name = name;
    this.#transport = transport;
    this.#settings = settings;
    this.#line = new WaitingLine(name, settings.timeoutMs);
    this.#returns = new Returns(transport, name);
    if (settings.idleMs > 0) this.#idleWatch = this.#watchIdleness(settings.idleMs);
  }

  tryNext(): bigint | undefined {
    if (this.#hand.quiet === 0) return this.#tryNextAtMark();
    return this.#hand.take();
  }

  next(options?: WaitOptions): Promise<bigint> {
    if (this.#hand.quiet === 0 || options !== undefined) return this.#nextInLine(options);
    return Promise.resolve(this.#hand.take());
  }

  async take(count: number, { signal }: WaitOptions = {}): Promise<bigint[]> {
    checkCount(count);
    this.#checkOpen();
    signal?.throwIfAborted();
    if (this.#line.length === 0 && this.#hand.count >= count) {
      const values = this.#hand.takeMany(count);
      this.#look();
      return values;
    }
    this.#pace.foundEmpty(performance.now());
    const values = this.#line.join(count, signal);
    this.#look();
    return values;
  }

  async *values(count = Number.POSITIVE_INFINITY, options?: WaitOptions): AsyncGenerator<bigint, void, undefined> {
    for (let given = 0; given < count; given += 1) {
      options?.signal?.throwIfAborted();
      yield this.tryNext() ?? (await this.next(options));
    }
  }

  async takeBlock(count: number): Promise<Block> {
    checkCount(count);
    this.#checkOpen();
    const { timeoutMs, firstPauseMs } = this.#settings;
    const deadlineMs = performance.now() + timeoutMs;
    const { blocks } = await patiently(() => this.#attempt(count), { deadlineMs, firstPauseMs, signal: this.#closing.signal });
    this.#fetched += valueCount(blocks);
    const block = new Block(blocks, (rest) => this.#returns.give(rest));
    if (!this.#isClosed) return block;
    await block.close();
    throw closedError(this.name);
  }

  figures(): SequenceFigures {
    const { givenBack, lost } = this.#returns;
    return { fetched: this.#fetched, inHand: this.#hand.count, givenBack, lost, waiting: this.#line.length, blockSize: this.#pace.size };
  }

  close(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #tryNextAtMark(): bigint | undefined {
    this.#checkOpen();
    // Whoever waits was here first.
    if (this.#line.length > 0) return undefined;
    if (this.#hand.count === 0) {
      if (this.#order === 'stream' || this.#order === 'sequence') return undefined;
      this.#pace.foundEmpty(performance.now());
      this.#look();
      if (this.#hand.count === 0) return undefined;
    }
    const [value] = this.#hand.takeMany(1);
    this.#look();
    return value;
  }

  async #nextInLine(options: WaitOptions | undefined): Promise<bigint> {
    const [value] = await this.take(1, options);
    return value as bigint;
  }

  /** Fetches while it is due, then says how many takes may pass before the next look. */
  #look(): void {
    while (this.#underWay === undefined && this.#isDue()) this.#fetch();
    if (this.#line.length > 0) this.#hand.allowQuiet(0);
    else this.#hand.allowQuiet(this.#underWay === undefined ? this.#hand.count - this.#pace.mark - 1 : this.#hand.count);
  }

  #isDue(): boolean {
    if (this.#isClosed) return false;
    if (this.#line.length > 0) return true;
    if (this.#order !== 'none') return this.#order === 'unknown' && this.#hand.count === 0 && performance.now() >= this.#prefetchFromMs;
    return this.#hand.count <= this.#pace.mark && performance.now() >= this.#prefetchFromMs;
  }

  #fetch(): void {
    this.#pace.asks(performance.now(), this.#putInHand - this.#drained - this.#hand.count);
    const asked = this.#askCount();
    const ticket = this.#line.lastTicket;
    const answer = this.#attempt(asked);
    if (isPromise(answer)) {
      this.#underWay = this.#settle(answer, asked, ticket).then(() => {
        this.#underWay = undefined;
        this.#look();
      });
    } else this.#land(answer, ticket);
  }

  async #settle(answer: Promise<BlocksAnswer>, asked: number, ticket: number): Promise<void> {
    for (let failures = 1; ; failures += 1) {
      const landed = await answer.catch((error: unknown) => this.#stumble(error, asked, failures));
      if (landed === 'over') return;
      if (landed !== 'again') return this.#land(landed, ticket);
      this.#pace.tries(performance.now());
      asked = this.#askCount();
      ticket = this.#line.lastTicket;
      answer = Promise.resolve(this.#attempt(asked));
    }
  }

  /** After a failed attempt: waits and says whether to try again. */
  async #stumble(error: unknown, asked: number, failures: number): Promise<'again' | 'over'> {
    if (this.#isClosed) return 'over';
    if (codeOf(error) === 'SEQ_EXHAUSTED' && this.#asksForLess(error, asked)) return 'again';
    this.#line.trouble = error;
    const waitMs = pauseMs(this.#settings.firstPauseMs, failures, error);
    this.#prefetchFromMs = performance.now() + waitMs;
    if (isRetriable(error) && this.#line.length > 0) await pause(waitMs, this.#closing.signal);
    // Nobody waits for a failed prefetch, so it is not tried again before somebody takes a value.
    if (isRetriable(error) && this.#line.length > 0 && !this.#isClosed) return 'again';
    this.#line.dissolve(this.#hand, error);
    return 'over';
  }

  #land({ order = 'none', blocks }: BlocksAnswer, ticket: number): void {
    const count = valueCount(blocks);
    this.#fetched += count;
    this.#putInHand += count;
    this.#order = order;
    this.#line.trouble = undefined;
    this.#askMax = Math.min(COUNT_MAX, this.#askMax * 2);
    this.#pace.lands(performance.now());
    // Values that lie in hand are older than the order that the sequence has had since.
    if (order !== 'none') this.#giveBackHand();
    this.#hand.put(blocks);
    // A caller that came after an ordered fetch was sent might get a value older than one it has seen elsewhere.
    if (!this.#isClosed) this.#line.serve(this.#hand, order === 'none' ? Number.POSITIVE_INFINITY : ticket);
    if (this.#isClosed || order !== 'none') this.#giveBackHand();
  }

  #askCount(): number {
    const wanted = this.#line.wanted - this.#hand.count;
    const count = this.#order === 'none' ? Math.max(wanted, this.#pace.size) : wanted;
    return Math.max(this.#leastCount(), Math.min(this.#askMax, count));
  }

  /** The server gives all or nothing, and so does the line to the first in it. */
  #leastCount(): number {
    return Math.max(1, this.#line.firstCount - this.#hand.count);
  }

  /** Fewer values than asked for are left of the sequence. False when there is nothing smaller to ask for. */
  #asksForLess(error: unknown, asked: number): boolean {
    const least = this.#leastCount();
    if (asked > least) {
      this.#askMax = Math.max(least, Math.floor(asked / 2));
      return true;
    }
    // The first in line wants too much; those behind it may want less.
    if (asked > 1) this.#line.refuseFirst(error);
    return asked > 1 && this.#line.length > 0;
  }

  #attempt(count: number): BlocksAnswer | Promise<BlocksAnswer> {
    const request: BlocksRequest = { ...this.#settings.caller, sequence: this.name, count, numbered: true };
    try {
      const answer = this.#transport.next(request);
      return isPromise(answer) ? answer.then(checkAnswer) : checkAnswer(answer);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #giveBackHand(): void {
    const inHand = this.#hand.count;
    if (inHand === 0) return;
    this.#drained += inHand;
    const { blocks, used } = this.#hand.drain();
    // It never rejects, and close() waits for it.
    void this.#returns.give(remainders(blocks, used));
  }

  #watchIdleness(idleMs: number): NodeJS.Timeout {
    let inHandBefore = -1;
    let fetchedBefore = -1;
    const watch = () => {
      const { inHand, fetched } = this.figures();
      if (inHand === inHandBefore && fetched === fetchedBefore && this.#underWay === undefined) this.#giveBackHand();
      inHandBefore = inHand;
      fetchedBefore = fetched;
    };
    return setInterval(watch, idleMs).unref();
  }

  async #end(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#idleWatch);
    this.#giveBackHand();
    this.#line.dissolve(this.#hand, closedError(this.name));
    const landed = new AbortController();
    await Promise.race([this.#underWay, pause(LANDING_WAIT_MS, landed.signal)]);
    landed.abort();
    await this.#returns.allSettled();
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw closedError(this.name);
  }
}

function isPromise<T>(answer: T | Promise<T>): answer is Promise<T> {
  return answer instanceof Promise;
}

/** An answer without values would be asked for again at once, for ever. */
function checkAnswer(answer: BlocksAnswer): BlocksAnswer {
  if (valueCount(answer.blocks) > 0) return answer;
  throw new SeqcastClientError('SEQ_WAIT_TIMEOUT', 'the server answered without values', { retriable: true });
}

function checkCount(count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= COUNT_MAX) return;
  throw new SeqcastClientError('SEQ_INVALID_COUNT', `a count is a whole number from 1 to ${COUNT_MAX}, not ${count}`, {
    whatToDo: 'Ask for 1 to 10,000 values a call; take more in several calls.',
  });
}
