import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openKafka } from '../../../adapters/kafka/kafka.ts';
import { openDemand } from '../../../cli/demand-inputs/open-demand.ts';
import { secondsOf } from '../../backtest/sources/written-files.ts';
import { engineOrSkip, type PrivateKafka, startKafka } from '../../engines/engines.ts';
import { recordMinute, STREAMS, TOPIC } from './consumption-log.ts';

const { available } = engineOrSkip('kafka');
const PARTITIONS = 2;

describe.skipIf(!available)('demand from the consumption topic of Kafka (needs Kafka)', { timeout: 60_000 }, () => {
  let kafka: PrivateKafka;
  beforeAll(async () => {
    // Of its own: the topic is read under its real name, and others may be writing to a shared one.
    kafka = await startKafka();
    const engine = await openKafka({ brokers: kafka.brokers, clientId: 'test', partitionCount: PARTITIONS, onFailure: () => undefined });
    await recordMinute(engine.log, engine.partitionCount);
    await engine.close();
  }, 60_000);
  afterAll(() => kafka.stop());

  test('is read from the brokers of the flag or of the environment', async () => {
    const brokers = kafka.brokers.join(',');
    const byFlag = await openDemand(`topic:${TOPIC}`, { kafka: brokers, env: {} });
    expect(Object.keys(await secondsOf(byFlag))).toEqual([...STREAMS].sort());
    const totals = STREAMS.map(async (stream) =>
      Object.values((await secondsOf(byFlag))[stream] ?? {}).reduce((sum, count) => sum + count, 0),
    );
    expect(await Promise.all(totals)).toEqual([300, 600, 900]);
    const byEnvironment = await openDemand(`topic:${TOPIC}`, { env: { SEQCAST_KAFKA: brokers } });
    expect(byEnvironment.sha256).toBe(byFlag.sha256);
    const since = await openDemand(`topic:${TOPIC}@since=2026-11-01T00:00:30Z`, { kafka: brokers, env: {} });
    expect(since.streams.map(({ seconds }) => seconds)).toEqual([30, 30, 30]);
  });
});
