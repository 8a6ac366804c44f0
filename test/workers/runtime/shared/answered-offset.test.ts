/** Commits of a partition: few, in order, and never of what is not answered. */
import { describe, expect, test, vi } from 'vitest';
import { AnsweredOffset } from '../../../../workers/runtime/shared/answered-offset.ts';

const EVERY_MS = 10;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function committing(from = 0) {
  const told: number[] = [];
  const offset = new AnsweredOffset({ from, everyMs: EVERY_MS, commit: async (reached) => void told.push(reached) });
  return { told, offset };
}

describe('the offset up to which a partition is answered', () => {
  test('is told once for many batches, as far as they came', async () => {
    const { told, offset } = committing();
    for (let reached = 1; reached <= 50; reached++) offset.reached(reached);
    expect(told).toEqual([]);
    await vi.waitFor(() => expect(told).toEqual([50]));
    await pause(3 * EVERY_MS);
    expect(told).toEqual([50]);
  });

  test('is told again when more was answered while a commit was under way', async () => {
    const told: number[] = [];
    let release = (): void => undefined;
    const commit = (reached: number): Promise<void> => {
      told.push(reached);
      return told.length > 1 ? Promise.resolve() : new Promise((resolve) => (release = resolve));
    };
    const offset = new AnsweredOffset({ from: 0, everyMs: EVERY_MS, commit });
    offset.reached(5);
    await vi.waitFor(() => expect(told).toEqual([5]));
    offset.reached(9);
    await pause(3 * EVERY_MS);
    expect(told).toEqual([5]);
    release();
    await vi.waitFor(() => expect(told).toEqual([5, 9]));
  });

  test('is told at the end, and not once another process may say how far it came', async () => {
    const { told, offset } = committing(3);
    offset.reached(7);
    await offset.close();
    offset.reached(12);
    await pause(3 * EVERY_MS);
    expect(told).toEqual([7]);
  });

  test('is not told where nothing was answered', async () => {
    const { told, offset } = committing(3);
    await offset.close();
    expect(told).toEqual([]);
  });

  test('that could not be told is told with the next answers', async () => {
    const tried: number[] = [];
    const commit = async (reached: number): Promise<void> => {
      tried.push(reached);
      if (tried.length === 1) throw new Error('the group is shared out anew');
    };
    const offset = new AnsweredOffset({ from: 0, everyMs: EVERY_MS, commit });
    offset.reached(4);
    await vi.waitFor(() => expect(tried).toEqual([4]));
    offset.reached(6);
    await vi.waitFor(() => expect(tried).toEqual([4, 6]));
  });
});
