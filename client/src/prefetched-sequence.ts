/**
 * A sequence whose values are handed out of numbered blocks fetched ahead of demand.
 *
 * Guarantee: a value is handed out once. A block is ended here before it is given back, it is given back once, and whatever comes of
 * that it is never used again.
 */
import { Block } from './block.ts';
import { closedError, SeqcastClientError } from './client-error.ts';
import { Announcer, type ClientHooks } from './client-events.ts';
import type { Hand } from './hand.ts';
import { observedTransport } from './observed-transport.ts';
import { COUNT_MAX, isCount } from './pace.ts';
import { type Reservation, type ReserveOptions, reserve } from './reservations.ts';
import { orAborted, type Patience, patiently, pause } from './retry.ts';
import { checkedSettings, type Sequence, type SequenceFigures, type SequenceSettings } from './sequence.ts';
import { isPromise, Supply } from './supply.ts';
import type { BlocksAnswer, FormattedValue, Transport } from './transport.ts';
import type { WaitOptions } from './waiting-line.ts';

/** How long close() waits for what is under way, so that it is given back and not burnt. */
const LANDING_WAIT_MS = 2_000;

/** Puts a sequence on any transport: what `connect` and `open` do. */
export function createSequence(transport: Transport, name: string, settings: Partial<SequenceSettings> & ClientHooks = {}): Sequence {
  const announcer = new Announcer(settings);
  const way = announcer.hearsRequests ? observedTransport(transport, name, announcer) : transport;
  return new PrefetchedSequence(way, name, checkedSettings(settings), announcer);
}

class PrefetchedSequence implements Sequence {
  readonly name: string;
  readonly #transport: Transport;
  readonly #settings: SequenceSettings;
  readonly #supply: Supply;
  /** The supply's, at hand for the two methods that are called millions of times a second. */
  readonly #hand: Hand;
  readonly #idleWatch: NodeJS.Timeout | undefined;
  readonly #blocksUnderWay = new Set<Promise<Block>>();
  #takenInBlocks = 0;
  #ended: Promise<void> | undefined;

  constructor(transport: Transport, name: string, settings: SequenceSettings, announcer: Announcer) {
    this.name = name;
    this.#transport = transport;
    this.#settings = settings;
    this.#supply = new Supply(transport, name, settings, announcer);
    this.#hand = this.#supply.hand;
    if (settings.idleMs > 0) this.#idleWatch = this.#watchIdleness(settings.idleMs);
  }

  get isClosed(): boolean {
    return this.#supply.closing.aborted;
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
    const { line, pace } = this.#supply;
    if (line.length === 0 && this.#hand.count >= count) {
      const values = this.#hand.takeMany(count);
      this.#supply.look();
      return values;
    }
    pace.foundEmpty(performance.now());
    const values = line.join(count, signal);
    this.#supply.look();
    return values;
  }

  async *values(count = Number.POSITIVE_INFINITY, options?: WaitOptions): AsyncGenerator<bigint, void, undefined> {
    for (let given = 0; given < count; given += 1) {
      options?.signal?.throwIfAborted();
      yield this.tryNext() ?? (await this.next(options));
    }
  }

  takeBlock(count: number, { signal }: WaitOptions = {}): Promise<Block> {
    try {
      checkCount(count);
      this.#checkOpen();
      signal?.throwIfAborted();
    } catch (error) {
      return Promise.reject(error);
    }
    const answer = this.#supply.attempt(count);
    if (!isPromise(answer)) return Promise.resolve(this.#blockOf(answer));
    const block = this.#blockFrom(answer, count).finally(() => this.#blocksUnderWay.delete(block));
    this.#blocksUnderWay.add(block);
    return orAborted(block, signal, (late) => late.close());
  }

  async takeFormatted(count: number, { signal }: WaitOptions = {}): Promise<readonly FormattedValue[]> {
    checkCount(count);
    this.#checkOpen();
    signal?.throwIfAborted();
    const patience = this.#patience(signal);
    // What is printed cannot be given back: values that arrive too late are left out of the sequence.
    const work = patiently(() => this.#supply.attemptFormatted(count), patience);
    const values = await orAborted(work, signal, () => undefined);
    if (values.length === count) return values;
    throw new SeqcastClientError('SEQ_INVALID_REQUEST', `${this.name} has no format: its values are numbers only`, {
      whatToDo: 'Give the sequence a format, or use take().',
    });
  }

  reserve(options: ReserveOptions = {}): Promise<Reservation> {
    return reserve(this.#transport, this.name, options, (signal) => this.#patience(signal));
  }

  figures(): SequenceFigures {
    const { hand, line, pace, putInHand, returns } = this.#supply;
    return {
      fetched: putInHand + this.#takenInBlocks,
      inHand: hand.count,
      givenBack: returns.givenBack,
      lost: returns.lost,
      waiting: line.length,
      stalls: line.stalls,
      blockSize: pace.size,
    };
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
    const { line, pace } = this.#supply;
    // Whoever waits was here first.
    if (line.length > 0) return undefined;
    if (this.#hand.count === 0) {
      pace.foundEmpty(performance.now());
      this.#supply.wish();
      if (this.#hand.count === 0) return undefined;
    }
    const [value] = this.#hand.takeMany(1);
    this.#supply.look();
    return value;
  }

  async #nextInLine(options: WaitOptions | undefined): Promise<bigint> {
    const [value] = await this.take(1, options);
    return value as bigint;
  }

  #blockOf({ blocks }: BlocksAnswer): Block {
    const block = new Block(blocks, this.#supply.returns);
    this.#takenInBlocks += block.count;
    return block;
  }

  async #blockFrom(firstAnswer: Promise<BlocksAnswer>, count: number): Promise<Block> {
    let first: Promise<BlocksAnswer> | undefined = firstAnswer;
    const answer = await patiently(() => {
      const attempt = first ?? this.#supply.attempt(count);
      first = undefined;
      return attempt;
    }, this.#patience());
    const block = this.#blockOf(answer);
    if (!this.isClosed) return block;
    await block.close();
    throw closedError(this.name);
  }

  #patience(signal?: AbortSignal): Patience {
    const { timeoutMs, firstPauseMs } = this.#settings;
    const { closing } = this.#supply;
    const noLonger = signal === undefined ? closing : AbortSignal.any([closing, signal]);
    return { deadlineMs: performance.now() + timeoutMs, firstPauseMs, signal: noLonger };
  }

  /** Gives back what nobody has taken from for so long. */
  #watchIdleness(idleMs: number): NodeJS.Timeout {
    let before = Number.NaN;
    const watch = () => {
      const { hand, putInHand, underWay } = this.#supply;
      const now = putInHand - hand.count;
      if (now === before && underWay === undefined) this.#supply.giveBackHand();
      before = putInHand - hand.count;
    };
    return setInterval(watch, idleMs).unref();
  }

  async #end(): Promise<void> {
    clearInterval(this.#idleWatch);
    this.#supply.close();
    const landed = new AbortController();
    const landing = Promise.allSettled([this.#supply.underWay, ...this.#blocksUnderWay]);
    await Promise.race([landing, pause(LANDING_WAIT_MS, landed.signal)]);
    landed.abort();
    await this.#supply.returns.allSettled();
  }

  #checkOpen(): void {
    if (this.isClosed) throw closedError(this.name);
  }
}

function checkCount(count: number): void {
  if (isCount(count)) return;
  throw new SeqcastClientError('SEQ_INVALID_COUNT', `a count is a whole number from 1 to ${COUNT_MAX}, not ${count}`, {
    whatToDo: 'Ask for 1 to 10,000 values a call; take more in several calls.',
  });
}
