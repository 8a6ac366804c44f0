import { describe, expect, test } from 'vitest';
import { type Answer, Asker } from '../../../cli/demo/asker.ts';
import { SequenceError } from '../../../core/errors.ts';

const REQUEST = { sequence: 's', clientType: 'x1', service: 'nasa' };
const answered = (stalled: boolean): Answer => ({ blocks: [], stalled });

/** An asker whose answers the test gives: at once while `open`, else one promise per call, kept in `pending`. */
function setUp() {
  const world = {
    nowMs: 0,
    open: true,
    calls: [] as number[],
    pending: [] as { resolve: (answer: Answer) => void; reject: (error: unknown) => void }[],
  };
  const next = ({ count }: { count: number }) => {
    world.calls.push(count);
    if (world.open) return answered(false);
    return new Promise<Answer>((resolve, reject) => world.pending.push({ resolve, reject }));
  };
  const asker = new Asker({
    caller: { next },
    clock: { nowMs: () => world.nowMs },
    request: REQUEST,
    pause: async () => {},
    onAnswer: () => {},
  });
  return { world, asker };
}

describe('an asker', () => {
  test('makes calls at once while answers come at once', () => {
    const { world, asker } = setUp();
    asker.ask([10_000, 5], world.nowMs);
    expect(world.calls).toEqual([10_000, 5]);
    expect(asker.figures).toMatchObject({ requests: 2, stalled: 0, values: 10_005 });
  });

  test('has one call in flight and counts those behind a stalled one as stalled', async () => {
    const { world, asker } = setUp();
    world.open = false;
    asker.ask([1], world.nowMs);
    world.nowMs = 10_000;
    asker.ask([2, 3], world.nowMs);
    expect(world.calls).toEqual([1]);
    expect(asker.outstanding).toBe(3);
    world.open = true;
    world.nowMs = 15_000;
    world.pending[0]?.resolve(answered(true));
    await asker.settled();
    expect(world.calls).toEqual([1, 2, 3]);
    expect(asker.figures).toMatchObject({
      requests: 3,
      stalled: 3,
      values: 6,
      waitMsMax: 15_000,
      waitMsMean: (15_000 + 5_000 + 5_000) / 3,
    });
  });

  test('counts a call that came due during a stall as stalled, although its driver asked a moment later', async () => {
    const { world, asker } = setUp();
    world.open = false;
    asker.ask([1], 0);
    world.open = true;
    world.nowMs = 25_000;
    world.pending[0]?.resolve(answered(true));
    await asker.settled();
    asker.ask([1], 20_000);
    asker.ask([1], 25_000);
    expect(asker.figures).toMatchObject({ requests: 3, stalled: 2, waitMsMax: 25_000, waitMsMean: 15_000 });
  });

  test('does not count a round trip as a stall', async () => {
    const { world, asker } = setUp();
    world.open = false;
    asker.ask([1, 2], world.nowMs);
    world.pending[0]?.resolve(answered(false));
    await Promise.resolve();
    await Promise.resolve();
    world.pending[1]?.resolve(answered(false));
    await asker.settled();
    expect(asker.figures).toMatchObject({ requests: 2, stalled: 0, waitMsMean: 0 });
  });

  test('makes a call again after an error that a retry can mend, and counts it once and as stalled', async () => {
    const { world, asker } = setUp();
    world.open = false;
    asker.ask([7], world.nowMs);
    world.open = true;
    world.pending[0]?.reject(new SequenceError('SEQ_WAIT_TIMEOUT', 'no allocation arrived'));
    await asker.settled();
    expect(world.calls).toEqual([7, 7]);
    expect(asker.figures).toMatchObject({ requests: 1, stalled: 1, values: 7, retries: 1 });
  });

  test('stops at an error that no retry can mend, and keeps it', async () => {
    const { world, asker } = setUp();
    world.open = false;
    asker.ask([7, 8], world.nowMs);
    const fault = new SequenceError('SEQ_DROPPED', 'the sequence was dropped');
    world.pending[0]?.reject(fault);
    await asker.settled();
    expect(asker.fault).toBe(fault);
    expect(world.calls).toEqual([7]);
  });

  test('keeps quiet about errors after it was stopped', async () => {
    const { world, asker } = setUp();
    world.open = false;
    asker.ask([7], world.nowMs);
    asker.stop();
    world.pending[0]?.reject(new SequenceError('SEQ_CLOSED', 'closed'));
    await asker.settled();
    expect(asker.fault).toBeUndefined();
  });
});
