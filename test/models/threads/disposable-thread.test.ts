import { afterEach, describe, expect, test } from 'vitest';
import type { ArimaForecast, ArimaTask } from '../../../models/arima/arima-messages.ts';
import { type DisposableThread, disposableThread, type ThreadLimits } from '../../../models/threads/disposable-thread.ts';
import { daily } from '../series-forecaster-kit.ts';

/** ARIMA of first order: quick, and it can be broken from outside. */
const ORDER = { p: 1, d: 0, q: 0, P: 0, D: 0, Q: 0, s: 0 };
let thread: DisposableThread<ArimaTask, readonly ArimaForecast[]>;

function start(limits: Partial<ThreadLimits> = {}) {
  thread = disposableThread('arima/arima-thread.js', limits);
  return thread;
}

function task(bins: number): ArimaTask {
  const values = daily(bins).map(Math.log1p);
  return { order: ORDER, fittedTo: values, windows: [values], bins: 3 };
}

afterEach(() => thread.close());

describe('a disposable thread', () => {
  test('does one task after the other in one thread', async () => {
    start();
    const outcomes = await Promise.all([thread.run(task(100)), thread.run(task(120))]);
    expect(outcomes).toMatchObject([{ result: [{ means: expect.any(Float64Array) }] }, { result: [{ means: expect.any(Float64Array) }] }]);
    expect(thread.started).toBe(1);
  });

  test('is replaced when its engine broke, so that the next task is done as if nothing had been', async () => {
    start();
    const before = await thread.run(task(100));
    // Ten thousand values overflow the stack of the package's WebAssembly.
    expect(await thread.run(task(10_000))).toMatchObject({ failed: expect.any(String), timedOut: false });
    expect(await thread.run(task(100))).toEqual(before);
    expect(thread.started).toBe(2);
  });

  test('is replaced when it takes too long', async () => {
    start({ taskMsMax: 1 });
    expect(await thread.run(task(5_000))).toMatchObject({ timedOut: true });
    expect(await thread.run(task(5_000))).toMatchObject({ timedOut: true });
    expect(thread.started).toBe(2);
  });

  test('is replaced after its share of tasks', async () => {
    start({ tasksPerThread: 2 });
    for (let i = 0; i < 4; i++) await thread.run(task(100));
    expect(thread.started).toBe(2);
  });

  test('does nothing once it is closed', async () => {
    start();
    await thread.close();
    expect(await thread.run(task(100))).toMatchObject({ failed: 'the thread was closed' });
  });
});
