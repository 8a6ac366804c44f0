/**
 * Topics with a past: a real embedded log whose records are stamped with the times that a test gives them, because a log stamps the present.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openArchive } from '../../../../adapters/duckdb/archive.ts';
import { type EmbeddedStorage, openEmbeddedStorage } from '../../../../adapters/embedded/storage.ts';
import type { ShardsRecord } from '../../../../core/ledger/records.ts';
import { defineSequence } from '../../../../core/sequence.ts';
import { partitionOf } from '../../../../core/stream.ts';
import type { Archive, EventLog, Job, LogEntry } from '../../../../pipelines/ports.ts';
import { encode } from '../../../../schemas/codec.ts';
import type { ConsumptionEvent, Forecast } from '../../../../schemas/messages.ts';
import { type Message, TOPICS } from '../../../../schemas/topics.ts';
import { type UsageRollupOptions, type UsageRollupResult, usageRollup } from '../../../../workers/runtime/analytics/usage-rollup.ts';

export const PARTITIONS = 2;
export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;
export const HOUR = Date.UTC(2026, 10, 25, 14);
const STREAM = 's/web/api';
/** Where the sequence `s` is defined. */
const HOME = partitionOf('s', PARTITIONS);

export class UsageHistory {
  readonly storage: EmbeddedStorage;
  readonly archive: Archive;
  readonly log: EventLog;
  nowMs = HOUR + HOUR_MS + 10 * MINUTE_MS;
  readonly #stamps = new Map<string, number>();
  #events = 0;

  constructor(storage: EmbeddedStorage, archive: Archive) {
    this.storage = storage;
    this.archive = archive;
    const { log } = storage;
    this.log = {
      ...log,
      read: async (topic, partition, from, limit) =>
        (await log.read(topic, partition, from, limit)).map(
          (entry): LogEntry => ({ ...entry, atMs: this.#stamps.get(`${topic}/${partition}/${entry.offset}`) ?? entry.atMs }),
        ),
    };
  }

  async append(topic: string, partition: number, atMs: number, ...messages: readonly (Message | Uint8Array)[]): Promise<number> {
    const records = messages.map((message) => (message instanceof Uint8Array ? message : encode(message)));
    const first = await this.log.append({ topic, partition, records });
    for (let index = 0; index < records.length; index++) this.#stamps.set(`${topic}/${partition}/${first + index}`, atMs);
    return first;
  }

  /** An event that the log took at `atMs`, about the second before. */
  async event(atMs: number, more: Partial<ConsumptionEvent> = {}, partition = 0): Promise<ConsumptionEvent> {
    const zero = {
      returned: 0,
      requests: 1,
      stalls: 0,
      demanded: 10,
      stock: 5,
      waiting: 0,
      seenOffset: -1,
      peakPerSecond: 10,
      leadTimeMs: 0,
      largestRequest: 10,
      cursors: [],
    };
    const about = {
      stream: STREAM,
      pool: 'pool',
      incarnation: 'life-1',
      sequenceNumber: ++this.#events,
      fromMs: atMs - 1_000,
      toMs: atMs,
      issued: 10,
    };
    const event: ConsumptionEvent = { kind: 'ConsumptionEvent', ...zero, ...about, ...more };
    await this.append(TOPICS.consumption.name, partition, atMs, event);
    return event;
  }

  async forecast(atMs: number, more: Partial<Forecast> = {}, partition = 0): Promise<void> {
    const zero = {
      rate: 1,
      meanSqrtRate: 1,
      requestSize: 1,
      leadTimeMs: 1,
      stock: 1,
      waiting: 0,
      seenOffset: -1,
      horizons: [],
      shardSize: 1,
      experts: [],
    };
    const about = { stream: STREAM, pool: 'pool', incarnation: 'life-1', model: 'm@1', cutoffMs: atMs };
    await this.append(TOPICS.forecasts.name, partition, atMs, { kind: 'Forecast', ...zero, ...about, ...more });
  }

  /** The sequence `s`, a range of it opened in partition 0, and its stream with a pool; the source that shards are cut from. */
  async openSequence(atMs: number): Promise<number> {
    const generation = await this.append(TOPICS.ranges.name, HOME, atMs, {
      kind: 'SequenceDefined',
      name: 's',
      previous: -1,
      definition: defineSequence({}),
    });
    const claimOffset = await this.append(TOPICS.ranges.name, HOME, atMs, {
      kind: 'RangeClaimed',
      name: 's',
      generation,
      partition: 0,
      start: 0,
      end: 1_000_000,
    });
    await this.shards(atMs, { kind: 'StreamAssigned', stream: STREAM, pool: 'pool', assignment: 1 });
    return (await this.shards(atMs, { kind: 'RangeOpened', claimPartition: HOME, claimOffset })) * 256;
  }

  shards(atMs: number, ...records: readonly ShardsRecord[]): Promise<number> {
    return this.append(TOPICS.shards.name, 0, atMs, ...records);
  }

  /** Order `order`, answered with ten ordinals from `start` on. */
  async allocate(atMs: number, source: number, order: number, start = (order - 1) * 10): Promise<number> {
    const decision = {
      trigger: 'order',
      position: 0,
      reorderPoint: 1,
      orderUpTo: 10,
      rate: 1,
      reserve: 'floor',
      forecastAtMs: 0,
      decidedAtMs: atMs,
    } as const;
    return this.shards(atMs, {
      kind: 'ShardAllocated',
      source,
      stream: STREAM,
      pool: 'pool',
      incarnation: 'life-1',
      order,
      start,
      end: start + 10,
      decision,
    });
  }

  async rollUp(data: unknown = { atMs: this.nowMs }, more: Partial<UsageRollupOptions> = {}): Promise<UsageRollupResult> {
    const { log, archive } = this;
    const handler = usageRollup({ log, archive, partitionCount: PARTITIONS, nowMs: () => this.nowMs, ...more });
    return (await handler(jobWith(data), () => undefined)) as UsageRollupResult;
  }
}

export async function newHistory(): Promise<UsageHistory> {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-'));
  const onFailure = (error: Error): never => {
    throw error;
  };
  const storage = await openEmbeddedStorage({ dataDir: join(directory, 'data'), partitionCount: PARTITIONS, onFailure });
  const archive = await openArchive({ dir: join(directory, 'archive') });
  onTestFinished(async () => {
    await archive.close();
    await storage.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return new UsageHistory(storage, archive);
}

export function jobWith(data: unknown): Job {
  return { id: 'job', name: 'job', data, attempt: 1 };
}
