/** Which adoption counts, and which of its draws: the same at every reader, whatever order two processes come in. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AdoptionVerdict, foldAdoption, grantOf, noAdoptions } from '../../pipelines/adoptions.ts';
import { ValueSpans } from '../../pipelines/value-spans.ts';
import type { AdoptionEvent, ValueRun } from '../../schemas/adoption-messages.ts';

function event(said: Partial<AdoptionEvent>): AdoptionEvent {
  const nothing = { source: '', generator: '', increment: 0n, min: 0n, max: 0n, runs: [], atHand: 0, life: 'a', atMs: 1, adoption: -1 };
  return { kind: 'AdoptionEvent', sequence: 'orders', event: 'drawn', ...nothing, ...said };
}

/** Folds what is said one after the other, from offset 0 on. */
function folded(...said: readonly Partial<AdoptionEvent>[]) {
  const state = noAdoptions();
  const verdicts: AdoptionVerdict[] = said.map((each, offset) => foldAdoption(state, offset, event(each)));
  return { state, verdicts, adoption: state.newest.get('orders') };
}

const ADOPTED = { event: 'adopted', increment: 1n, max: 1_000n } as const;
const drawn = (...runs: readonly (readonly [first: number, count: number])[]): Partial<AdoptionEvent> => ({
  adoption: 0,
  runs: runs.map(([first, count]): ValueRun => ({ first: BigInt(first), count })),
});

describe('the fold of adoptions', () => {
  it('lets the first of two adoptions count, and a later one once the first is over', () => {
    expect(folded(ADOPTED, ADOPTED, { event: 'abandoned', adoption: 0 }, ADOPTED).verdicts).toEqual([
      'accepted',
      'adopted-already',
      'accepted',
      'accepted',
    ]);
  });

  it('refuses a draw that comes behind the cut-over, and a cut-over that comes behind another', () => {
    const reserved = { ...drawn([500, 100]), event: 'reserved' } as const;
    const { verdicts, adoption } = folded(ADOPTED, drawn([1, 10]), reserved, drawn([11, 10]), { ...reserved, ...drawn([700, 9]) });
    expect(verdicts).toEqual(['accepted', 'accepted', 'accepted', 'not-now', 'not-now']);
    expect(adoption).toMatchObject({ state: 'reserved', drawn: 10, reserved: { first: 500n, count: 100 } });
  });

  it('refuses what was drawn before: a counter that was set back is found out before anything is given twice', () => {
    expect(folded(ADOPTED, drawn([1, 10], [21, 5]), drawn([11, 10]), drawn([25, 3]), drawn([30, 5])).verdicts).toEqual([
      'accepted',
      'accepted',
      'accepted',
      'drawn-before',
      'accepted',
    ]);
  });

  it('knows the draw of a value, in steps and going down too', () => {
    const { adoption } = folded({ ...ADOPTED, increment: -5n }, drawn([100, 3]), drawn([80, 2]));
    const grant = (value: bigint) => adoption && grantOf(adoption, value)?.offset;
    expect([100n, 90n, 85n, 80n, 75n, 99n, 70n].map(grant)).toEqual([1, 1, undefined, 2, 2, undefined, undefined]);
  });

  it('keeps what a life had at hand after its last draw as the most that it may not have given out', () => {
    const { adoption } = folded(ADOPTED, drawn([1, 10]), { ...drawn([11, 20]), atHand: 4 }, { ...drawn([31, 5]), life: 'b' });
    expect(adoption?.lives).toEqual(
      new Map([
        ['a', { drawn: 30, tail: 24, isOver: false }],
        ['b', { drawn: 5, tail: 5, isOver: false }],
      ]),
    );
  });
});

describe('spans of values', () => {
  it('take what a set would take, and refuse what it would refuse', () => {
    const runs = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 9 })), { maxLength: 40 });
    fc.assert(
      fc.property(runs, (asked) => {
        const spans = new ValueSpans();
        const plain = new Set<number>();
        for (const [from, size] of asked) {
          const values = Array.from({ length: size }, (_, index) => from + index);
          const isNew = size > 0 && values.every((value) => !plain.has(value));
          expect(spans.add(BigInt(from), BigInt(from + size))).toBe(isNew);
          if (isNew) for (const value of values) plain.add(value);
        }
      }),
    );
  });
});
