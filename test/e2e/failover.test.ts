/** The demo's demand through Kafka and Redis with two of each role, each killed in turn with kill -9. */
import { describe, expect, test } from 'vitest';
import { failover } from '../../bench/failover.ts';
import { engineOrSkip, startKafka, startRedis } from '../engines/engines.ts';

const available = engineOrSkip('kafka').available && engineOrSkip('redis').available;
const TIMEOUT_MS = 240_000;
/** What a kill costs is measured by the bench; here it is enough that the next role is killed while the last one is being replaced. */
const PAUSES = { warmUpMs: 6_000, betweenKillsMs: 4_000 };

describe.skipIf(!available)('two allocators, two fillers and two gateways (needs Kafka, Redis)', () => {
  test('are killed in turn: no value comes twice, every request is answered, and the audit accounts for all values', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
    try {
      const env = { SEQCAST_KAFKA: kafka.brokers.join(','), SEQCAST_REDIS: redis.url };
      const { kills, requests, failures, received, duplicates, audit, sequence } = await failover(env, (line) => console.log(line), PAUSES);
      expect(kills).toHaveLength(6);
      expect(duplicates).toBe(0);
      expect(failures).toBe(0);
      expect(received).toBe(requests * 5);
      expect(audit).toMatchObject({ ok: true, duplicates: 0 });
      const { issued = 0, burnt = 0, inDoubt = 0 } = audit.accounts.find((each) => each.sequence === sequence) ?? {};
      expect(issued + burnt + inDoubt).toBeGreaterThanOrEqual(received);
    } finally {
      await Promise.all([kafka.stop(), redis.stop()]);
    }
  });
});
