/** Questions that kafkajs never settles: they end with their connection, or after a while, and the next one gets a new connection. */
import { afterEach, expect, test, vi } from 'vitest';
import { appendOutcome } from '../../../adapters/kafka/append-outcome.ts';
import type { Connection } from '../../../adapters/kafka/connection.ts';
import { createLink } from '../../../adapters/kafka/link.ts';

const NEVER = new Promise<never>(() => undefined);

/** Each connection says when it was destroyed. */
function linkTo(open?: () => Promise<Connection>) {
  const destroyed = new Set<Connection>();
  const opened: Connection[] = [];
  const make = async (): Promise<Connection> => {
    const connection = { destroy: () => destroyed.add(connection) } as unknown as Connection;
    opened.push(connection);
    return connection;
  };
  return { link: createLink({ open: open ?? make, onState: () => undefined }), destroyed, opened };
}

const failure = (asked: Promise<unknown>): Promise<Error> =>
  asked.then(
    () => new Error('it was answered'),
    (error: Error) => error,
  );

afterEach(() => {
  vi.useRealTimers();
});

test('a question that is never answered fails when its connection is given up for another one', async () => {
  const { link, destroyed } = linkTo();
  const hanging = failure(link.use(() => NEVER));
  const refused = Object.assign(new Error('another broker leads it'), { type: 'NOT_LEADER_FOR_PARTITION' });
  await failure(link.use(() => Promise.reject(refused)));
  const error = await hanging;
  expect(error).toMatchObject({ message: 'the connection was given up', cause: refused });
  // What was said to another one does not say that an append was not written.
  expect(appendOutcome(error, 1)).toBe('unknown');
  expect(destroyed.size).toBe(1);
});

test('a question that is never answered fails when its link is closed', async () => {
  const { link } = linkTo();
  const hanging = failure(link.use(() => NEVER));
  await link.connected();
  link.close(new Error('broker 1 leads nothing any more'));
  expect((await hanging).message).toBe('broker 1 leads nothing any more');
});

test('a question that nobody ends is given up after twenty seconds, and the next one has a new connection', async () => {
  vi.useFakeTimers();
  const { link, opened, destroyed } = linkTo();
  const hanging = failure(link.use(() => NEVER));
  await vi.advanceTimersByTimeAsync(22_000);
  expect((await hanging).message).toBe('the connection was given up');
  const next = link.use(async () => 'answered');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await next).toBe('answered');
  expect([opened.length, destroyed.size]).toEqual([2, 1]);
});

test('a connection that comes too late is given up, and nobody waits for it', async () => {
  vi.useFakeTimers();
  let arrive: (connection: Connection) => void = () => undefined;
  const { link } = linkTo(() => new Promise((resolve) => (arrive = resolve)));
  const waiting = failure(link.connected());
  await vi.advanceTimersByTimeAsync(20_000);
  expect((await waiting).message).toBe('no answer within 20000 ms');
  const destroy = vi.fn();
  arrive({ destroy } as unknown as Connection);
  await vi.advanceTimersByTimeAsync(0);
  expect(destroy).toHaveBeenCalledOnce();
});
