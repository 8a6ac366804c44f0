/** Trainings read the topic, and the archive for what was rolled up; nothing twice, nothing later than asked. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openArchive } from '../../../../adapters/duckdb/archive.ts';
import { partitionOf } from '../../../../core/stream.ts';
import { encode } from '../../../../schemas/codec.ts';
import type { BurstDeclared } from '../../../../schemas/messages.ts';
import { TOPICS } from '../../../../schemas/topics.ts';
import { usageRollup } from '../../../../workers/runtime/analytics/usage-rollup.ts';
import { historySource } from '../../../../workers/runtime/training/history-source.ts';
import { event, NOW, newRegistry, PARTITIONS, type Registry } from './registry-fixture.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const STREAM = 's/web/a';

/** An event for each of these minutes after `NOW`, with 10 values each; a copy of the first. */
async function append(registry: Registry, minutes: readonly number[]): Promise<void> {
  const records = minutes.map((minute) => encode(event(STREAM, NOW + minute * MINUTE_MS, MINUTE_MS, 10)));
  const copied = [...records.slice(0, 1), ...records];
  await registry.storage.log.append({ topic: TOPICS.consumption.name, partition: partitionOf(STREAM, PARTITIONS), records: copied });
}

function total(demand: Float64Array | undefined): number {
  return demand?.reduce((sum, each) => sum + each, 0) ?? 0;
}

describe('the history of a training', () => {
  it('is what the topic says, each event once, up to the minute asked for', async () => {
    const registry = await newRegistry();
    await append(registry, [0, 1, 2, 3]);
    const source = historySource({ log: registry.storage.log, partitionCount: PARTITIONS });
    const [history, ...others] = await source.histories(NOW + 3.5 * MINUTE_MS);
    expect(others).toEqual([]);
    expect([...(history?.demand ?? [])]).toEqual([10, 10, 10]);
    expect(await source.histories(NOW)).toEqual([]);
  });

  it('passes over what is said beside consumption, and what cannot be read', async () => {
    const registry = await newRegistry();
    await append(registry, [0, 1]);
    const place = { topic: TOPICS.consumption.name, partition: partitionOf(STREAM, PARTITIONS) };
    await registry.storage.log.append({ ...place, records: [Uint8Array.of(1, 2, 3)] });
    await append(registry, [2]);
    const source = historySource({ log: registry.storage.log, partitionCount: PARTITIONS });
    expect(total((await source.histories(NOW + HOUR_MS))[0]?.demand)).toBe(30);
  });

  it('knows the bursts that were announced, those that are over too, and those that were taken back', async () => {
    const registry = await newRegistry();
    await append(registry, [0, 1]);
    const burst = (fromMs: number, rate: number): BurstDeclared => ({
      kind: 'BurstDeclared',
      stream: STREAM,
      rate,
      fromMs,
      untilMs: fromMs + HOUR_MS,
    });
    const records = [burst(NOW - 9 * HOUR_MS, 5), burst(NOW, 7), burst(NOW + HOUR_MS, 9), burst(NOW, 0)].map((each) => encode(each));
    await registry.storage.log.append({ topic: TOPICS.consumption.name, partition: partitionOf(STREAM, PARTITIONS), records });
    const [history] = await historySource({ log: registry.storage.log, partitionCount: PARTITIONS }).histories(NOW + HOUR_MS);
    expect(history?.announced?.map(({ fromMs, rate }) => [fromMs - NOW, rate])).toEqual([
      [-9 * HOUR_MS, 5],
      [HOUR_MS, 9],
    ]);
  });

  it('takes from the archive what was rolled up, and from the topic what came since', { timeout: 30_000 }, async () => {
    const registry = await newRegistry();
    const { log } = registry.storage;
    const dir = mkdtempSync(join(tmpdir(), 'seqcast-'));
    const archive = await openArchive({ dir });
    onTestFinished(async () => {
      await archive.close();
      rmSync(dir, { recursive: true, force: true });
    });
    await append(registry, [0, 1, 2, 3]);
    const untilMs = NOW + HOUR_MS;
    const topicOnly = await historySource({ log, partitionCount: PARTITIONS }).histories(untilMs);
    // The log stamps real time: its hour is over once the rollup's clock says so.
    const rollup = usageRollup({ log, archive, partitionCount: PARTITIONS, nowMs: () => Date.now() + 2 * HOUR_MS });
    await rollup({ id: 'r', name: 'usage-rollup', data: {}, attempt: 1 }, () => undefined);
    const source = historySource({ log, partitionCount: PARTITIONS, archive: dayless(archive) });
    expect(await source.histories(untilMs)).toEqual(topicOnly);
    await append(registry, [5, 6]);
    expect(total((await source.histories(untilMs))[0]?.demand)).toBe(60);
    // An archive that was begun anew knows nothing of what the topic still has.
    const nothing = historySource({ log, partitionCount: PARTITIONS, archive: { sql: async () => [{ n: 0 }] } });
    expect(total((await nothing.histories(untilMs))[0]?.demand)).toBe(60);
  });
});

/** The archive's days are the log's, which is now; those of the test's events are others. */
function dayless(archive: Awaited<ReturnType<typeof openArchive>>): Pick<typeof archive, 'sql'> {
  return {
    sql: (text, parameters = []) =>
      archive.sql(text.replace(' AND day BETWEEN ? AND ?', ''), parameters.slice(0, text.includes('day BETWEEN') ? 2 : undefined)),
  };
}
