/** A broker that is cut off, killed, frozen or whose answers are lost: what becomes of appends and subscriptions. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KafkaEngine } from '../../../adapters/kafka/kafka.ts';
import type { LogEntry, Subscription } from '../../../pipelines/ports.ts';
import { engineOrSkip, type PrivateKafka, startKafka } from '../../engines/engines.ts';
import { type BrokerLine, openBrokerLine } from './broker-line.ts';
import { newPrefix, openTestKafka } from './test-kafka.ts';

const shared = engineOrSkip('kafka');
const TOPIC = 'seqcast.shards';
/** A broker that is killed needs seconds to come back. */
const BACK = { timeout: 20_000, interval: 20 };

describe.skipIf(!shared.available)('a Kafka that goes away (needs Kafka)', { timeout: 60_000 }, () => {
  let line: BrokerLine;
  let broker: PrivateKafka;
  let engine: KafkaEngine;
  let reader: Reader;
  const states: string[] = [];

  beforeAll(async () => {
    line = await openBrokerLine();
    broker = await startKafka({ settings: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${line.port}` } });
    line.leadTo(broker.processes[0]?.port ?? 0);
    engine = await openTestKafka([`127.0.0.1:${line.port}`], { prefix: newPrefix(), onLog: (message) => states.push(message) });
    reader = follow(engine);
  }, 60_000);
  afterAll(async () => {
    await engine?.close();
    await broker?.stop();
    line?.close();
  });

  function append(text: string): Promise<number> {
    return engine.log.append({ topic: TOPIC, partition: 0, records: [Buffer.from(text)] });
  }

  async function appendUntilBack(text: string): Promise<void> {
    await expect.poll(() => append(text).then(() => 'written', codeOf), BACK).toBe('written');
  }

  /** Everything is delivered once, in order, as the log holds it. */
  async function expectComplete(): Promise<void> {
    const end = await engine.log.endOffset(TOPIC, 0);
    await expect.poll(() => reader.entries.length, BACK).toBe(end);
    expect(reader.entries.map(({ offset }) => offset)).toEqual(Array.from({ length: end }, (_, offset) => offset));
    expect(reader.errors).toEqual([]);
  }

  function timesDelivered(text: string): number {
    return reader.entries.filter(({ bytes }) => Buffer.from(bytes).toString() === text).length;
  }

  test('an append whose answer is lost has an unknown outcome, and is there once', async () => {
    await append('before');
    line.mute();
    const lost = append('lost').catch(codeOf);
    await pause(300);
    line.cut();
    expect(await lost).toBe('SEQ_APPEND_UNKNOWN');
    line.mend();
    await append('after');
    await expectComplete();
    expect([timesDelivered('lost'), timesDelivered('after')]).toEqual([1, 1]);
  });

  test('appends are refused while it is cut off, and nothing is sent later that was refused', async () => {
    line.cut();
    await expect.poll(() => engine.health().up, BACK).toBe(false);
    const refused = [append('refused 1'), append('refused 2'), engine.log.endOffset(TOPIC, 0)];
    expect(await Promise.all(refused.map((each) => each.catch(codeOf)))).toEqual(refused.map(() => 'SEQ_ENGINE_AWAY'));
    line.mend();
    await appendUntilBack('back');
    await expectComplete();
    expect([timesDelivered('refused 1'), timesDelivered('refused 2')]).toEqual([0, 0]);
    await expect.poll(() => engine.health().up, BACK).toBe(true);
  });

  test('a broker that was killed and came back is gone on with, where it was, and its groups have their members again', async () => {
    const heard: (readonly number[])[] = [];
    const errors: unknown[] = [];
    const membership = await engine.groups.join({
      group: 'staying',
      topics: [TOPIC],
      onOwned: (partitions) => heard.push(partitions),
      onError: (error) => errors.push(error),
    });
    await expect.poll(() => heard.at(-1), BACK).toEqual([0, 1, 2, 3]);
    await broker.processes[0]?.kill();
    const away = await append('while away').catch(codeOf);
    expect(['SEQ_ENGINE_AWAY', 'SEQ_APPEND_UNKNOWN']).toContain(away);
    const before = heard.length;
    await broker.processes[0]?.restart();
    await appendUntilBack('after the restart');
    await expectComplete();
    expect(timesDelivered('after the restart')).toBeGreaterThan(0);
    await expect.poll(() => heard.length > before && heard.at(-1), BACK).toEqual([0, 1, 2, 3]);
    expect(errors).toEqual([]);
    await membership.close();
  });

  test('a frozen broker leaves one append unknown and refuses those behind it', async () => {
    await append('before the frost');
    await broker.processes[0]?.freeze();
    const first = append('frozen').catch(codeOf);
    await pause(50);
    const second = append('behind').catch(codeOf);
    expect(await Promise.all([first, second])).toEqual(['SEQ_APPEND_UNKNOWN', 'SEQ_ENGINE_AWAY']);
    await broker.processes[0]?.thaw();
    await appendUntilBack('thawed');
    await expectComplete();
    expect(timesDelivered('frozen')).toBeLessThanOrEqual(1);
    expect(timesDelivered('behind')).toBe(0);
  });

  test('it says when it went and when it came back, not with every attempt', () => {
    const away = states.filter((message) => message.includes('is away')).length;
    const back = states.filter((message) => message.includes('is back')).length;
    expect(away).toBeGreaterThanOrEqual(3);
    expect(Math.abs(away - back)).toBeLessThanOrEqual(1);
    expect(states.length).toBeLessThan(60);
  });
});

interface Reader {
  readonly entries: LogEntry[];
  readonly errors: unknown[];
  readonly subscription: Subscription;
}

function follow(engine: KafkaEngine): Reader {
  const entries: LogEntry[] = [];
  const errors: unknown[] = [];
  const subscription = engine.log.subscribe({
    topic: TOPIC,
    partition: 0,
    from: 0,
    handler: (some) => void entries.push(...some),
    onError: (error) => errors.push(error),
  });
  return { entries, errors, subscription };
}

function codeOf(error: { readonly code?: unknown }): unknown {
  return error.code;
}
