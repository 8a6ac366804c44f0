/** How much a read of the log asks a broker for. A broker cuts its answer at that, but never below one whole batch. */
import { expect, test } from 'vitest';
import { createKafkaLog, type KafkaLogOptions } from '../../../adapters/kafka/event-log.ts';

const RECORD_BYTES = 1_000;
const END = 10_000;

/** A log of records of a thousand bytes, and what was asked of its broker. */
function logOfLargeRecords() {
  const asked: (number | undefined)[] = [];
  const readBatch: KafkaLogOptions['readBatch'] = async ({ from }, bytesMax = 0) => {
    asked.push(bytesMax);
    const count = Math.min(END - from, Math.max(1, Math.floor(bytesMax / RECORD_BYTES)));
    const entries = Array.from({ length: count }, (_, index) => ({ offset: from + index, atMs: 0, bytes: new Uint8Array(RECORD_BYTES) }));
    return { entries, next: from + count, end: END };
  };
  const log = createKafkaLog({ prefix: '', logId: 'log', readBatch, away: (cause: unknown) => cause } as unknown as KafkaLogOptions);
  return { log, asked };
}

test('one record is asked for as few bytes, and not as what a batch may have', async () => {
  const { log, asked } = logOfLargeRecords();
  expect((await log.read('topic', 0, 77, 1)).map(({ offset }) => offset)).toEqual([77]);
  expect(asked).toEqual([4_096]);
});

test('records that are larger than expected are asked for again until there are as many as wanted', async () => {
  const { log, asked } = logOfLargeRecords();
  const entries = await log.read('topic', 0, 0, 300);
  expect(entries.map(({ offset }) => offset)).toEqual(Array.from({ length: 300 }, (_, index) => index));
  expect(asked.length).toBeGreaterThan(1);
});

test('however many are wanted, an answer stays within a megabyte', async () => {
  const { log, asked } = logOfLargeRecords();
  expect(await log.read('topic', 0, 0, 1_000_000)).toHaveLength(END);
  expect(Math.max(...asked.map(Number))).toBe(1024 * 1024);
});
