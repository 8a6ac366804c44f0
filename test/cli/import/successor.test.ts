/** Where the sequence begins that takes another one's place. */
import { describe, expect, it } from 'vitest';
import type { Numbering } from '../../../adapters/counters/observed-source.ts';
import { defaultMargin, successorOf } from '../../../cli/import/successor.ts';

function successor(numbering: Numbering | undefined, margin: number) {
  const reading = { position: 0n, life: '', block: 1, resolution: 1, ...(numbering !== undefined && { numbering }) };
  return successorOf(reading, margin, 'sequence orders');
}

describe('the successor of a generator', () => {
  it('begins one step and the margin beyond the last value, in the direction that it counts', () => {
    expect(successor({ last: 100n, increment: 5n, min: 1n, max: 10_000n, cycle: false }, 10).attributes).toEqual({
      start: 155n,
      increment: 5n,
      min: 1n,
      max: 10_000n,
      cycle: false,
    });
    expect(successor({ last: -7n, increment: -2n, min: -1_000n, max: -1n, cycle: false }, 3).attributes.start).toBe(-15n);
    expect(successor({ last: 0n, increment: 1n, cycle: false }, 0).attributes).toMatchObject({ start: 1n, min: 0n });
  });

  it('goes on at the other bound where it cycles and the margin reaches beyond this one', () => {
    // After 8, 9 and 10 come 1 and 2: the third value after the last is left out with those before it.
    expect(successor({ last: 8n, increment: 1n, min: 1n, max: 10n, cycle: true }, 3).attributes.start).toBe(2n);
  });

  it('is refused where nothing is left behind the margin, or the numbers are not known', () => {
    const nearlyFull: Numbering = { last: 32_000n, increment: 1n, min: 1n, max: 32_767n, cycle: false };
    expect(() => successor(nearlyFull, 1_000)).toThrow(
      /stands at 32000, and 1000 values beyond that it is past its maximum 32767: lower --margin/,
    );
    expect(successor(nearlyFull, 100).attributes.start).toBe(32_101n);
    expect(() => successor(undefined, 1)).toThrow(/--start beyond its last value/);
  });

  it('leaves out a hundred blocks, and never less than a thousand values', () => {
    expect([1, 10, 50, 1_000].map((block) => defaultMargin({ block }))).toEqual([1_000, 1_000, 5_000, 100_000]);
  });
});
