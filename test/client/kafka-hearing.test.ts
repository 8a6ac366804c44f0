/** The client's listener and its outbox where kafkajs neither does what it was asked nor refuses it. */
import type { Consumer, Producer } from 'kafkajs';
import { afterEach, expect, test, vi } from 'vitest';
import { Announcer, Standing } from '../../client/src/client-events.ts';
import type { KafkaConnections } from '../../client/src/kafka-connections.ts';
import { hearAnswers } from '../../client/src/kafka-hearing.ts';
import { KafkaOutbox, type Outgoing } from '../../client/src/kafka-outbox.ts';

const NEVER = new Promise<never>(() => undefined);
const done = async (): Promise<void> => undefined;

afterEach(() => {
  vi.useRealTimers();
});

/** A listener whose consumer gets stuck in one of its steps. */
function stuckIn(step: 'connect' | 'subscribe' | 'run') {
  const ending = new AbortController();
  const destroy = vi.fn();
  const steps = { connect: done, subscribe: done, run: done, disconnect: () => NEVER, [step]: () => NEVER };
  const consumer = { events: {}, on: () => () => undefined, ...steps } as unknown as Consumer;
  const life = hearAnswers({
    connections: { kafka: { consumer: () => consumer }, destroy } as unknown as KafkaConnections,
    ...{ topic: 't', next: new Map([[0, 0n]]), onAnswer: () => undefined, onHeard: () => undefined, signal: ending.signal },
  });
  life.catch(() => undefined);
  return { life, ending, destroy };
}

test.each(['connect', 'subscribe', 'run'] as const)('a listener that is stuck in %s gives up, for the next one to begin', async (step) => {
  vi.useFakeTimers();
  const { life, destroy } = stuckIn(step);
  await vi.advanceTimersByTimeAsync(20_000);
  await expect(life).rejects.toMatchObject({ code: 'SEQ_UNREACHABLE', retriable: true });
  expect(destroy).toHaveBeenCalled();
});

test('a listener that is stuck ends when it is told to', async () => {
  vi.useFakeTimers();
  const { life, ending } = stuckIn('connect');
  await vi.advanceTimersByTimeAsync(100);
  ending.abort();
  await vi.advanceTimersByTimeAsync(2_000);
  await expect(life).resolves.toBeUndefined();
});

test('a listener that was told to end before it began does', async () => {
  vi.useFakeTimers();
  const { life, ending } = stuckIn('run');
  ending.abort();
  await vi.advanceTimersByTimeAsync(2_000);
  await expect(life).resolves.toBeUndefined();
});

test('a send that never ends costs what it sent its answer, and what came after it hears that Kafka takes no requests', async () => {
  vi.useFakeTimers();
  const sends = [() => NEVER, done];
  const sent: string[][] = [];
  const destroy = vi.fn();
  const refused: Outgoing[] = [];
  const send = ({ messages }: { readonly messages: readonly Outgoing[] }): Promise<void> => {
    sent.push(messages.map(({ key }) => key));
    return (sends.shift() ?? done)();
  };
  const producer = { connect: done, send, disconnect: done } as unknown as Producer;
  const outbox = new KafkaOutbox({
    connections: () => ({ kafka: { producer: () => producer }, destroy }) as unknown as KafkaConnections,
    ...{ topic: 't', onRefused: (messages) => refused.push(...messages), standing: new Standing(new Announcer({})) },
  });
  await outbox.open();
  outbox.put({ key: 'first', value: '' });
  await vi.advanceTimersByTimeAsync(1);
  outbox.put({ key: 'second', value: '' });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(refused.map(({ key }) => key)).toEqual(['second']);
  expect(destroy).toHaveBeenCalledTimes(1);
  outbox.put({ key: 'third', value: '' });
  await vi.advanceTimersByTimeAsync(1);
  expect(sent).toEqual([['first'], ['third']]);
});
