/** The bytes of a produce request are those that kafkajs would have sent, whatever the records hold. */
import { createRequire } from 'node:module';
import fc from 'fast-check';
import type { Message } from 'kafkajs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Produce, produceBody } from '../../../adapters/kafka/produce.ts';

const NOW_MS = 1_795_000_000_123;
const asKafkajs = createRequire(import.meta.url)('kafkajs/src/protocol/requests/produce/v7/request.js') as (produce: Produce) => {
  encode(): Promise<{ readonly buffer: Buffer }>;
};

const text = fc.string({ unit: 'binary', maxLength: 200 });
const message: fc.Arbitrary<Message> = fc.record(
  {
    value: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    key: text,
    headers: fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }), text, { maxKeys: 4, noNullPrototype: true }),
  },
  { requiredKeys: ['value'] },
);
const partitions = fc.array(fc.record({ partition: fc.nat(1_000), messages: fc.array(message, { minLength: 1, maxLength: 150 }) }), {
  minLength: 1,
  maxLength: 3,
});
const topicData = fc.array(fc.record({ topic: fc.string({ minLength: 1, maxLength: 40 }), partitions }), { minLength: 1, maxLength: 3 });

describe('a produce request', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('has the bytes that kafkajs writes for it', async () => {
    vi.spyOn(Date, 'now').mockReturnValue(NOW_MS);
    await fc.assert(
      fc.asyncProperty(topicData, async (data) => {
        const what = { acks: -1, timeout: 5_000, topicData: data };
        const { buffer } = await asKafkajs(what).encode();
        expect(produceBody(what, NOW_MS).equals(buffer)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('has them for a batch of as many records as may be in one', async () => {
    vi.spyOn(Date, 'now').mockReturnValue(NOW_MS);
    const messages = Array.from({ length: 20_000 }, (_, index) => ({ value: Buffer.from(`record ${index}`) }));
    const what = { acks: -1, timeout: 5_000, topicData: [{ topic: 'seqcast.values', partitions: [{ partition: 3, messages }] }] };
    const { buffer } = await asKafkajs(what).encode();
    expect(produceBody(what, NOW_MS).equals(buffer)).toBe(true);
  });
});
