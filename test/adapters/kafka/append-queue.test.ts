import { describe, expect, test } from 'vitest';
import { appendOutcome } from '../../../adapters/kafka/append-outcome.ts';
import { createAppendQueue, type WaitingAppend } from '../../../adapters/kafka/append-queue.ts';

const MEGABYTE = 1024 * 1024;

function waiting(partition: number, bytes = 100, sinceMs = 0): WaitingAppend {
  return {
    topic: 'topic',
    partition,
    bytes,
    sinceMs,
    messages: [{ value: Buffer.alloc(0) }],
    resolve: () => undefined,
    reject: () => undefined,
  };
}

describe('appends that wait', () => {
  test('of one partition go as one batch, in order, up to a megabyte', () => {
    const queue = createAppendQueue();
    const appends = Array.from({ length: 5 }, () => waiting(0, 0.4 * MEGABYTE));
    for (const append of appends) expect(queue.add(append)).toBe(true);
    const batches = [queue.take(() => true), queue.take(() => true), queue.take(() => true)].map(([batch]) => batch?.appends);
    expect(batches).toEqual([appends.slice(0, 2), appends.slice(2, 4), appends.slice(4)]);
    expect(queue.size).toBe(0);
  });

  test('go whole even where one alone is larger', () => {
    const queue = createAppendQueue();
    const large = waiting(0, 5 * MEGABYTE);
    queue.add(large);
    queue.add(waiting(0));
    expect(queue.take(() => true)[0]?.appends).toEqual([large]);
  });

  test('are taken only for partitions that are wanted', () => {
    const queue = createAppendQueue();
    queue.add(waiting(0));
    queue.add(waiting(1));
    expect(queue.take(({ partition }) => partition === 1).map(({ partition }) => partition)).toEqual([1]);
    expect(queue.size).toBe(1);
  });

  test('that are put back come before what was added meanwhile', () => {
    const queue = createAppendQueue();
    const [first, second, third] = [waiting(0), waiting(0), waiting(0)];
    queue.add(first as WaitingAppend);
    queue.add(second as WaitingAppend);
    const [batch] = queue.take(() => true);
    queue.add(third as WaitingAppend);
    if (batch !== undefined) queue.putBack(batch);
    expect(queue.take(() => true)[0]?.appends).toEqual([first, second, third]);
  });

  test('are refused beyond a bound of bytes, until some were taken', () => {
    const queue = createAppendQueue();
    for (let index = 0; index < 8; index++) expect(queue.add(waiting(index, 8 * MEGABYTE))).toBe(true);
    expect(queue.add(waiting(8, 8 * MEGABYTE))).toBe(false);
    queue.take(({ partition }) => partition === 0);
    expect(queue.add(waiting(8, 8 * MEGABYTE))).toBe(true);
  });

  test('are given up by age', () => {
    const queue = createAppendQueue();
    const [old, young] = [waiting(0, 1, 10), waiting(0, 1, 20)];
    queue.add(old as WaitingAppend);
    queue.add(young as WaitingAppend);
    expect(queue.takeOlder(15)).toEqual([old]);
    expect(queue.take(() => true)[0]?.appends).toEqual([young]);
  });
});

describe('an append that failed', () => {
  const refusal = (type: string): Error => Object.assign(new Error(type), { type });

  test('is surely not written where a broker says so of its only partition', () => {
    expect(appendOutcome(refusal('NOT_LEADER_FOR_PARTITION'), 1)).toBe('not-written');
    expect(appendOutcome(refusal('MESSAGE_TOO_LARGE'), 1)).toBe('refused');
  });

  test('is of unknown outcome where the broker spoke of one of several partitions, or wrote before it failed', () => {
    expect(appendOutcome(refusal('NOT_LEADER_FOR_PARTITION'), 2)).toBe('unknown');
    expect(appendOutcome(refusal('NOT_ENOUGH_REPLICAS_AFTER_APPEND'), 1)).toBe('unknown');
    expect(appendOutcome(refusal('REQUEST_TIMED_OUT'), 1)).toBe('unknown');
  });

  test('is of unknown outcome when its connection broke, and not written when there was none', () => {
    const lost = Object.assign(new Error('Closed connection'), { name: 'KafkaJSConnectionClosedError' });
    const none = Object.assign(new Error('Not connected'), { name: 'KafkaJSConnectionError' });
    expect(appendOutcome(lost, 1)).toBe('unknown');
    expect(appendOutcome(none, 3)).toBe('not-written');
  });
});
