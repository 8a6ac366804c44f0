/**
 * Whatever the interleaving of calls, answers, refusals, lost answers, aborts and close: no value is handed out twice or after it
 * was given back, every value is accounted for, and an ordered sequence never hands out a value older than the call.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BlocksAnswer, createSequence, type ReturnedBlock, type Sequence, type Transport } from '../../client/src/index.ts';
import { BlockStore, Refusal } from './block-store.ts';

type Fate = 'answer' | 'lose' | 'refuse' | 'refuse-for-good';
type Step =
  | { readonly kind: 'next' | 'tryNext' | 'abort' | 'close' | 'pass' }
  | { readonly kind: 'take'; readonly count: number }
  | { readonly kind: 'takeBlock'; readonly count: number; readonly used: number }
  | { readonly kind: 'settle'; readonly fate: Fate };

const START = 1n;

/** Requests wait until a step settles them. The store acts then, or, where it is early, as soon as it is asked. */
class HeldTransport implements Transport {
  readonly store: BlockStore;
  readonly order: 'none' | 'stream';
  /** Values that were issued in answers that never arrived. */
  lostOnTheWay = 0;
  readonly #actsEarly: boolean;
  readonly #held: ((fate: Fate) => void)[] = [];

  constructor(store: BlockStore, order: 'none' | 'stream', actsEarly: boolean) {
    this.store = store;
    this.order = order;
    this.#actsEarly = actsEarly;
  }

  get heldCount(): number {
    return this.#held.length;
  }

  next(count: number): Promise<BlocksAnswer> {
    return this.#hold(
      () => ({ order: this.order, blocks: this.store.take(count) }),
      () => {
        this.lostOnTheWay += count;
      },
    );
  }

  giveBack(blocks: readonly ReturnedBlock[]): Promise<number> {
    return this.#hold(
      () => this.store.giveBack(blocks),
      () => undefined,
    );
  }

  settle(fate: Fate): void {
    this.#held.shift()?.(fate);
  }

  #hold<T>(act: () => T, lost: () => void): Promise<T> {
    const acted = this.#actsEarly ? outcomeOf(act) : undefined;
    return new Promise((resolve, reject) => {
      this.#held.push((fate) => {
        const isRefused = fate === 'refuse' || fate === 'refuse-for-good';
        const outcome = acted ?? (isRefused ? { error: new Refusal('SEQ_NOT_READY', fate === 'refuse') } : outcomeOf(act));
        if ('error' in outcome) return reject(outcome.error);
        if (fate === 'answer') return resolve(outcome.answer);
        lost();
        reject(new Refusal('SEQ_UNREACHABLE', !isRefused));
      });
    });
  }
}

function outcomeOf<T>(act: () => T): { readonly answer: T } | { readonly error: unknown } {
  try {
    return { answer: act() };
  } catch (error) {
    return { error };
  }
}

/** Drives one sequence by steps and keeps every value it hands out. */
class Driver {
  readonly handedOut: bigint[] = [];
  readonly older: bigint[] = [];
  readonly transport: HeldTransport;
  readonly sequence: Sequence;
  readonly #calls: Promise<void>[] = [];
  #abort = new AbortController();

  constructor(transport: HeldTransport) {
    this.transport = transport;
    this.sequence = createSequence(transport, 'orders', { firstPauseMs: 0 });
  }

  async do(step: Step): Promise<void> {
    if (step.kind === 'next') this.#call(async ({ signal }) => [await this.sequence.next({ signal })]);
    if (step.kind === 'take') this.#call(({ signal }) => this.sequence.take(step.count, { signal }));
    if (step.kind === 'takeBlock') this.#call(() => this.#useBlock(step.count, step.used));
    if (step.kind === 'tryNext' && !this.sequence.isClosed) {
      const value = this.sequence.tryNext();
      if (value !== undefined) this.handedOut.push(value);
    }
    if (step.kind === 'abort') {
      this.#abort.abort();
      this.#abort = new AbortController();
    }
    if (step.kind === 'settle') this.transport.settle(step.fate);
    if (step.kind === 'close') this.#calls.push(this.sequence.close());
    await new Promise((resolve) => (step.kind === 'pass' ? setTimeout(resolve, 2) : setImmediate(resolve)));
  }

  async end(): Promise<void> {
    let ended = false;
    this.#calls.push(this.sequence.close());
    const all = Promise.all(this.#calls).then(() => (ended = true));
    while (!ended || this.transport.heldCount > 0) await this.do({ kind: 'settle', fate: 'answer' });
    await all;
  }

  async #useBlock(count: number, used: number): Promise<bigint[]> {
    const block = await this.sequence.takeBlock(count);
    const values = Array.from({ length: Math.min(used, count) }, () => BigInt(block.nextNumber()));
    // Not awaited here: the values are used before the return is answered.
    this.#calls.push(block.close());
    const afterwards = block.next();
    return afterwards === undefined ? values : [...values, afterwards];
  }

  #call(call: (abort: AbortController) => Promise<bigint[]>): void {
    const issuedBefore = BigInt(this.transport.store.issued);
    const kept = call(this.#abort).then(
      (values) => {
        this.handedOut.push(...values);
        this.older.push(...values.filter((value) => value < START + issuedBefore));
      },
      () => undefined,
    );
    this.#calls.push(kept);
  }
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Step>({ kind: 'next' }, { kind: 'tryNext' }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('take' as const), count: fc.integer({ min: 1, max: 30 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('takeBlock' as const),
      count: fc.integer({ min: 1, max: 9 }),
      used: fc.integer({ min: 0, max: 9 }),
    }),
  },
  { weight: 6, arbitrary: fc.constant<Step>({ kind: 'settle', fate: 'answer' }) },
  { weight: 3, arbitrary: fc.constantFrom<Fate>('lose', 'refuse', 'refuse-for-good').map((fate) => ({ kind: 'settle' as const, fate })) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'abort' }, { kind: 'pass' }) },
);

const run = fc.record({
  order: fc.constantFrom('none' as const, 'stream' as const),
  actsEarly: fc.boolean(),
  runMax: fc.constantFrom(2, 5, 10_000),
  capacity: fc.constantFrom(25, 10_000_000),
  steps: fc.array(step, { maxLength: 60 }),
  /** Close comes early in some runs, and steps go on after it. */
  closeAt: fc.option(fc.nat(60), { nil: undefined }),
});

test('no value is handed out twice, and used, given back and lost values are all that were fetched', async () => {
  await fc.assert(
    fc.asyncProperty(run, async ({ order, actsEarly, runMax, capacity, steps, closeAt }) => {
      const store = new BlockStore({ start: START, runMax, capacity });
      const transport = new HeldTransport(store, order, actsEarly);
      const driver = new Driver(transport);
      for (const [index, next] of steps.entries()) {
        if (index === closeAt) await driver.do({ kind: 'close' });
        await driver.do(next);
      }
      await driver.end();

      const { handedOut, older } = driver;
      expect(new Set(handedOut).size).toBe(handedOut.length);
      expect(handedOut.filter((value) => store.takenBack.has(value))).toEqual([]);
      expect(new Set(store.cameBack).size).toBe(store.cameBack.length);
      const { fetched, inHand, givenBack, lost, waiting } = driver.sequence.figures();
      expect({ inHand, waiting }).toEqual({ inHand: 0, waiting: 0 });
      expect(handedOut.length + givenBack + lost).toBe(fetched);
      expect(fetched + transport.lostOnTheWay).toBe(store.issued);
      expect(givenBack).toBeLessThanOrEqual(store.takenBack.size);
      if (order === 'stream') expect(older).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});
