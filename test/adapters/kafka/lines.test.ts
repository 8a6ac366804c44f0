/** Connections to brokers that lead nothing any more are given up; that is no end of the log, for whoever waits for one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Connection } from '../../../adapters/kafka/connection.ts';
import { createLines } from '../../../adapters/kafka/lines.ts';
import { SequenceError } from '../../../core/errors.ts';

/** Nothing can be reached. */
const lines = () =>
  createLines({
    purpose: 'reads',
    open: async (): Promise<Connection> => {
      await sleep(5);
      throw new Error('nobody listens');
    },
    onState: () => undefined,
  });

async function failureOf(asked: Promise<unknown>): Promise<unknown> {
  return asked.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test('a question to a broker that stops leading fails in a way that is asked again, and the log is not closed', async () => {
  const reads = lines();
  // The next attempt waits a moment, and in it the broker loses what it led.
  await failureOf(reads.ask(1, async () => 0));
  const waiting = failureOf(reads.ask(1, async () => 0));
  await sleep(1);
  reads.keep(new Set([2]));
  const failure = await waiting;
  expect(failure).toMatchObject({ message: 'broker 1 leads nothing any more' });
  expect(failure).not.toBeInstanceOf(SequenceError);
});

test('a question that is under way when the log is closed hears that', async () => {
  const reads = lines();
  await failureOf(reads.ask(1, async () => 0));
  const waiting = failureOf(reads.ask(1, async () => 0));
  await sleep(1);
  reads.close();
  expect(await waiting).toMatchObject({ code: 'SEQ_CLOSED' });
});
