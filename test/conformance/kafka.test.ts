/** The Kafka adapter against the conformance kits, on a real broker. Each opening has topics of its own, told apart by a prefix. */
import { describe } from 'vitest';
import type { KafkaEngine } from '../../adapters/kafka/kafka.ts';
import { dropTopics, newPrefix, openTestKafka } from '../adapters/kafka/test-kafka.ts';
import { engineOrSkip } from '../engines/engines.ts';
import { eventLogKit } from './event-log-kit.ts';
import type { Harness } from './harness.ts';
import { snapshotStoreKit } from './snapshot-store-kit.ts';

const kafka = engineOrSkip('kafka');

describe.skipIf(!kafka.available)('the event log on Kafka (needs Kafka)', () =>
  eventLogKit(
    onKafka((engine) => engine.log),
    { trims: false },
  ),
);
describe.skipIf(!kafka.available)('the snapshot store on Kafka (needs Kafka)', () =>
  snapshotStoreKit(onKafka((engine) => engine.snapshots)),
);

/** Hands out one port of an engine with topics of its own, which go when it is closed. */
function onKafka<T extends object>(port: (engine: KafkaEngine) => T): Harness<T> {
  const opened = new Map<T, { readonly engine: KafkaEngine; readonly prefix: string }>();

  async function openWith(prefix: string): Promise<T> {
    const engine = await openTestKafka(kafka.brokers, { prefix });
    opened.set(port(engine), { engine, prefix });
    return port(engine);
  }

  async function closeOne(current: T): Promise<string> {
    const { engine, prefix } = opened.get(current) ?? failed();
    opened.delete(current);
    await engine.close();
    return prefix;
  }

  return {
    open: () => openWith(newPrefix()),
    reopen: async (current) => openWith(await closeOne(current)),
    close: async (current) => dropTopics(kafka.brokers, await closeOne(current)),
  };
}

function failed(): never {
  throw new Error('this harness did not open that');
}
