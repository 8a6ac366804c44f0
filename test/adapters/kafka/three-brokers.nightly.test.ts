/** Three brokers of which one dies while all partitions are written and followed. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { engineOrSkip, startKafka } from '../../engines/engines.ts';
import { newPrefix, openTestKafka } from './test-kafka.ts';

const shared = engineOrSkip('kafka');
const TOPIC = 'seqcast.shards';
const PARTITIONS = [0, 1, 2, 3, 4, 5];
/** The cluster believes that a broker is dead when its session is over; until then even its followers' partitions wait for it. */
const SETTINGS = { 'broker.session.timeout.ms': '3000', 'broker.heartbeat.interval.ms': '500' };
const DEAD_FOR_MS = 10_000;

test.skipIf(!shared.available)(
  'a broker of three that dies holds everything up for its session, and loses nothing (needs Kafka)',
  async () => {
    const kafka = await startKafka({ brokers: 3, settings: SETTINGS });
    onTestFinished(() => kafka.stop());
    const engine = await openTestKafka(kafka.brokers, { prefix: newPrefix(), partitionCount: PARTITIONS.length });
    onTestFinished(() => engine.close());
    const { log } = engine;
    const delivered = PARTITIONS.map((): string[] => []);
    const acknowledged = PARTITIONS.map((): string[] => []);
    const longestMs = PARTITIONS.map(() => 0);
    const errors: unknown[] = [];
    for (const partition of PARTITIONS) {
      const handler = (entries: readonly { readonly bytes: Uint8Array }[]): void => {
        for (const { bytes } of entries) delivered[partition]?.push(Buffer.from(bytes).toString());
      };
      log.subscribe({ topic: TOPIC, partition, from: 0, handler, onError: (error) => errors.push(error) });
    }

    let isOver = false;
    async function write(partition: number): Promise<void> {
      let lastMs = performance.now();
      for (let index = 0; !isOver; index++) {
        const text = `${partition}-${index}`;
        const isWritten = await log.append({ topic: TOPIC, partition, records: [Buffer.from(text)] }).then(
          () => true,
          () => false,
        );
        if (isWritten) {
          acknowledged[partition]?.push(text);
          longestMs[partition] = Math.max(longestMs[partition] ?? 0, performance.now() - lastMs);
          lastMs = performance.now();
        }
        await pause(10);
      }
    }

    const writing = Promise.all(PARTITIONS.map(write));
    await pause(2_000);
    longestMs.fill(0);
    await kafka.processes[0]?.kill();
    await pause(DEAD_FOR_MS);
    await kafka.processes[0]?.restart();
    await pause(5_000);
    isOver = true;
    await writing;
    await expect
      .poll(() => delivered.map((texts, partition) => texts.at(-1) === acknowledged[partition]?.at(-1)), { timeout: 10_000 })
      .toEqual(PARTITIONS.map(() => true));

    for (const partition of PARTITIONS) {
      const seen = delivered[partition] ?? [];
      expect(new Set(seen).size).toBe(seen.length);
      expect(acknowledged[partition]?.filter((text) => !seen.includes(text))).toEqual([]);
    }
    expect(errors).toEqual([]);
    expect(engine.health().up).toBe(true);
    console.log(`longest pause of each partition, ms: ${longestMs.map(Math.round).join(' ')}`);
    for (const ms of longestMs) expect(ms).toBeLessThan(8_000);
  },
);
