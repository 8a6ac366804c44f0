/** A membership that kafkajs neither begins nor refuses ends by itself, and at once where nobody wants it any more. */
import type { Consumer } from 'kafkajs';
import { afterEach, expect, test, vi } from 'vitest';
import type { Client } from '../../../adapters/kafka/connection.ts';
import { liveAsMember } from '../../../adapters/kafka/group-member.ts';

const NEVER = new Promise<never>(() => undefined);

afterEach(() => {
  vi.useRealTimers();
});

/** A member whose consumer gets stuck in one of its steps. */
function stuckIn(step: 'connect' | 'subscribe' | 'run') {
  const ending = new AbortController();
  const destroy = vi.fn();
  const done = async (): Promise<void> => undefined;
  const steps = { connect: done, subscribe: done, run: done, disconnect: () => NEVER, [step]: () => NEVER };
  const consumer = { events: {}, on: () => () => undefined, pause: () => undefined, ...steps } as unknown as Consumer;
  const life = liveAsMember({
    newClient: () => ({ kafka: { consumer: () => consumer }, destroy }) as unknown as Client,
    ...{ group: 'g', topics: ['t'], held: [], signal: ending.signal, onOwned: () => undefined, onRebalance: () => undefined },
  });
  life.catch(() => undefined);
  return { life, ending, destroy };
}

test.each(['connect', 'subscribe', 'run'] as const)('a member that is stuck in %s gives up, for the next life to begin', async (step) => {
  vi.useFakeTimers();
  const { life, destroy } = stuckIn(step);
  await vi.advanceTimersByTimeAsync(12_000);
  await expect(life).rejects.toThrow('the coordinator of the group is silent');
  expect(destroy).toHaveBeenCalled();
});

test('a member that is stuck leaves when it is told to', async () => {
  vi.useFakeTimers();
  const { life, ending } = stuckIn('connect');
  await vi.advanceTimersByTimeAsync(100);
  ending.abort();
  await vi.advanceTimersByTimeAsync(2_000);
  await expect(life).resolves.toBeUndefined();
});
