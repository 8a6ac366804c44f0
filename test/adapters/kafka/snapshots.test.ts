/** Snapshots on Kafka beyond what every store does: what is cut off, and what damaged, unfinished or foreign records do. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KafkaEngine } from '../../../adapters/kafka/kafka.ts';
import { CHUNK_BYTES_MAX, chunksOf } from '../../../adapters/kafka/snapshot-chunks.ts';
import type { Snapshot } from '../../../pipelines/ports.ts';
import { encode } from '../../../schemas/codec.ts';
import { engineOrSkip } from '../../engines/engines.ts';
import { dropTopics, newPrefix, openTestKafka } from './test-kafka.ts';

const kafka = engineOrSkip('kafka');
const TOPIC = 'seqcast.snapshots';

describe.skipIf(!kafka.available)('snapshots on Kafka (needs Kafka)', { timeout: 30_000 }, () => {
  let prefix: string;
  let engine: KafkaEngine;

  beforeEach(async () => {
    prefix = newPrefix();
    engine = await openTestKafka(kafka.brokers, { prefix });
  });
  afterEach(async () => {
    await engine.close();
    await dropTopics(kafka.brokers, prefix);
  });

  async function loaded(stage = 'allocation'): Promise<(number | undefined)[]> {
    return (await engine.snapshots.load(stage, 0)).map(({ header }) => header.offsets['seqcast.shards']);
  }

  test('the front of the partition goes that no stage needs any more', async () => {
    const { log, snapshots } = engine;
    await snapshots.save(snapshot('forecast', 1));
    for (let offset = 1; offset <= 5; offset++) await snapshots.save(snapshot('allocation', offset));
    expect(await log.startOffset(TOPIC, 0)).toBe(0);
    // Each is a header and one chunk of state.
    for (let offset = 2; offset <= 4; offset++) await snapshots.save(snapshot('forecast', offset));
    expect(await log.startOffset(TOPIC, 0)).toBe(6);
    expect([await loaded(), await loaded('forecast')]).toEqual([
      [5, 4, 3],
      [4, 3, 2],
    ]);
  });

  test('processes that save at the same time do not spoil each other', async () => {
    const other = await openTestKafka(kafka.brokers, { prefix });
    const large = (offset: number): Snapshot => snapshot('allocation', offset, 3 * CHUNK_BYTES_MAX);
    await Promise.all([engine.snapshots.save(large(1)), other.snapshots.save(large(2)), engine.snapshots.save(large(3))]);
    expect((await loaded()).sort()).toEqual([1, 2, 3]);
    const [here, there] = await Promise.all([engine, other].map(({ snapshots }) => snapshots.load('allocation', 0)));
    expect(there?.map(({ header }) => header)).toEqual(here?.map(({ header }) => header));
    for (const { header, bytes } of here ?? []) {
      expect(Buffer.from(bytes).equals(large(header.offsets['seqcast.shards'] ?? 0).bytes)).toBe(true);
    }
    await other.close();
  });

  test('one that is damaged, unfinished or no snapshot at all is left out, the older ones stay', async () => {
    const { log, snapshots } = engine;
    await snapshots.save(snapshot('allocation', 1));
    const append = (...records: readonly Uint8Array[]): Promise<number> => log.append({ topic: TOPIC, partition: 0, records });
    await append(Buffer.from('no message'));
    await append(
      ...chunksOf(snapshot('allocation', 2, 2 * CHUNK_BYTES_MAX))
        .slice(0, 2)
        .map(encode),
    );
    const [header, state] = chunksOf(snapshot('allocation', 3));
    if (header === undefined || state === undefined) throw new Error('a snapshot has two chunks at least');
    await append(encode(header), encode({ ...state, bytes: Uint8Array.of(6, 6, 6) }));
    expect(await loaded()).toEqual([1]);
    await snapshots.save(snapshot('allocation', 4));
    expect(await loaded()).toEqual([4, 1]);
  });

  test('a chunk that was written twice counts once', async () => {
    const chunks = chunksOf(snapshot('allocation', 7, 2 * CHUNK_BYTES_MAX)).map(encode);
    for (const chunk of [chunks[0], chunks[1], chunks[1], chunks[2]]) {
      await engine.log.append({ topic: TOPIC, partition: 0, records: [chunk as Uint8Array] });
    }
    expect(await loaded()).toEqual([7]);
  });
});

function snapshot(stage: string, offset: number, size = 100): Snapshot {
  const header = {
    stage,
    partition: 0,
    logId: 'log',
    offsets: { 'seqcast.ranges': offset + 1, 'seqcast.shards': offset },
    lastRecordHashes: { 'seqcast.ranges': '', 'seqcast.shards': 'ab'.repeat(32) },
    level: 1,
    stateSchema: 1,
  };
  return { header, bytes: Uint8Array.from({ length: size }, (_, index) => (index * 7 + offset) & 255) };
}
