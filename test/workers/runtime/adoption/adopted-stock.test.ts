/** The stock of an adopted sequence: callers in order, one draw at a time, sized by what is asked, and nothing twice. */
import { describe, expect, it } from 'vitest';
import { SequenceError } from '../../../../core/errors.ts';
import { totalOf } from '../../../../pipelines/adoptions.ts';
import type { ValueRun } from '../../../../schemas/adoption-messages.ts';
import { AdoptedStock } from '../../../../workers/runtime/adoption/adopted-stock.ts';

/** A counter that others draw from too: between two draws of ours they take three. */
function stockOver(options: { readonly most?: number; readonly left?: number; readonly fails?: () => boolean } = {}) {
  const clock = { nowMs: 0 };
  const draws: number[] = [];
  const problems: unknown[] = [];
  let next = 1n;
  let together = 0;
  const stock = new AdoptedStock({
    sequence: 'orders',
    increment: 1n,
    monotonicMs: () => clock.nowMs,
    onProblem: (error) => problems.push(error),
    async draw(count) {
      expect(++together).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      together--;
      if (next + BigInt(count) > BigInt(options.left ?? Number.MAX_SAFE_INTEGER))
        throw new SequenceError('SEQ_EXHAUSTED', 'so few are left');
      if (options.fails?.() === true) throw new SequenceError('SEQ_ENGINE_AWAY', 'it is away');
      const run = { first: next, count: Math.min(count, options.most ?? count) };
      next += BigInt(run.count) + 3n;
      draws.push(run.count);
      return [run];
    },
  });
  return { stock, clock, draws, problems };
}

const valuesOf = (runs: readonly ValueRun[]): bigint[] =>
  runs.flatMap(({ first, count }) => Array.from({ length: count }, (_, index) => first + BigInt(index)));

describe('the stock of an adopted sequence', () => {
  it('gives each caller what it asked for, in order, also where a draw brings less', async () => {
    const { stock } = stockOver({ most: 7 });
    const taken = await Promise.all([stock.take(5), stock.take(12), stock.take(1)]);
    expect(taken.map(totalOf)).toEqual([5, 12, 1]);
    const values = taken.flatMap(valuesOf);
    expect(new Set(values).size).toBe(18);
    expect(values).toEqual(values.toSorted((a, b) => Number(a - b)));
  });

  it('draws for seconds of demand, and less again when it has died down', async () => {
    const { stock, clock, draws } = stockOver();
    // Ten, then eighty, … until five seconds of a thousand a second are drawn at a time.
    for (let second = 0; second < 40; second++) {
      clock.nowMs += 1_000;
      for (let i = 0; i < 10; i++) await stock.take(100);
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(draws[0]).toBeLessThanOrEqual(110);
    expect(Math.max(...draws)).toBeGreaterThan(2_000);
    expect(Math.max(...draws)).toBeLessThan(12_000);
    for (let hour = 0; hour < 3; hour++) {
      clock.nowMs += 3_600_000;
      await stock.take(4_000);
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(draws.at(-1)).toBeLessThan(4_100);
  });

  it('tells everybody who waits that the counter is away, and goes on when it is back', async () => {
    let isAway = true;
    const { stock } = stockOver({ fails: () => isAway });
    const outcomes = await Promise.allSettled([stock.take(1), stock.take(2)]);
    expect(outcomes.map((each) => each.status === 'rejected' && (each.reason as SequenceError).code)).toEqual([
      'SEQ_ENGINE_AWAY',
      'SEQ_ENGINE_AWAY',
    ]);
    isAway = false;
    expect(totalOf(await stock.take(3))).toBe(3);
  });

  it('gives what is left where a longer draw is refused', async () => {
    const { stock } = stockOver({ left: 8 });
    expect(valuesOf(await stock.take(3))).toEqual([1n, 2n, 3n]);
    await expect(stock.take(3)).rejects.toMatchObject({ code: 'SEQ_EXHAUSTED' });
    expect(valuesOf(await stock.take(1))).toEqual([7n]);
  });

  it('ends with what was not given out, a draw that was under way included', async () => {
    const { stock } = stockOver();
    const given = valuesOf(await stock.take(2));
    await new Promise((resolve) => setImmediate(resolve));
    const waiting = stock.take(1_000);
    const over = new SequenceError('SEQ_NOT_READY', 'over');
    const [left] = await Promise.all([stock.end(over), expect(waiting).rejects.toBe(over)]);
    expect(valuesOf(left).length).toBeGreaterThan(1_000);
    expect(valuesOf(left).some((value) => given.includes(value))).toBe(false);
    expect(() => stock.take(1)).toThrow(over);
  });
});
