/**
 * A process with a trained model, from end to end: the model is asked in its thread, what it says goes through the log into the mixture, and
 * is shown; and a replay of the log without the model ends in the bytes of the process. Needs a build.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openEmbeddedStorage } from '../../../../adapters/embedded/storage.ts';
import { partitionOf } from '../../../../core/stream.ts';
import { CARD_SCHEMA, type ModelCard } from '../../../../models/registry/model-card.ts';
import { StreamForecast } from '../../../../models/stream-forecast.ts';
import { onBurstDeclared, onProfileSet } from '../../../../pipelines/expectations.ts';
import { emptyForecast, onConsumption, onExpertForecast } from '../../../../pipelines/forecast.ts';
import { forecastStateToBytes } from '../../../../pipelines/forecast-state.ts';
import { decode, encode } from '../../../../schemas/codec.ts';
import type { ConsumptionEvent } from '../../../../schemas/messages.ts';
import { TOPICS } from '../../../../schemas/topics.ts';
import { openModels } from '../../../../workers/runtime/training/model-parts.ts';
import { opened, scratchDirectory } from '../../embedded/scratch-directory.ts';
import { SILENT, weightsOf } from '../training/registry-fixture.ts';

const STREAM = 'orders/web/checkout';
const PARTITIONS = 2;
const PARTITION = partitionOf(STREAM, PARTITIONS);
const MINUTE_MS = 60_000;
const RIDE_THROUGH_MS = 300_000;
const WAIT_MS = 90_000;

function onFailure(error: unknown): void {
  throw error;
}

/** Two days of a stream, minute by minute, until now; and a model in service. */
async function withPast(dataDir: string): Promise<string> {
  const storage = await openEmbeddedStorage({ dataDir, onFailure });
  const { log, jobs } = storage;
  const untilMs = Date.now();
  const minutes = 2 * 1_440;
  const records = Array.from({ length: minutes }, (_, i) => encode(event(untilMs - (minutes - i) * MINUTE_MS, i)));
  await log.append({ topic: TOPICS.consumption.name, partition: PARTITION, records });
  const parts = {
    dir: join(dataDir, 'models'),
    log,
    jobs,
    clock: { nowMs: () => Date.now() },
    partitionCount: PARTITIONS,
    logger: SILENT,
    onFailure,
  };
  const models = await openModels(parts);
  const weights = weightsOf(1);
  const sha256 = createHash('sha256').update(weights).digest('hex');
  const version = sha256.slice(0, 8);
  const facts = { family: 'lstm', version, sha256, weightBytes: weights.byteLength };
  const unread = {
    backend: 'none',
    trainedUntilMs: 5,
    madeAtMs: 6,
    evaluation: { losses: {}, improvement: {}, verdict: {} },
    training: {},
    data: {},
  };
  const card = { cardSchema: CARD_SCHEMA, featureSchema: 'lstm-1', ...facts, ...unread } as unknown as ModelCard;
  await models.store.put({ card, weights, page: '' });
  await models.administration.promote(version);
  await models.directory.close();
  await storage.close();
  return `lstm@${version}`;
}

function event(fromMs: number, minute: number): ConsumptionEvent {
  const demanded = 300 + Math.round(100 * Math.sin(minute / 229)) + (minute % 7);
  const counts = { issued: 0, returned: 0, requests: demanded, stalls: 0, demanded, stock: 0, waiting: 0, largestRequest: 1 };
  const pool = { pool: 'pool-0', incarnation: 'before', sequenceNumber: minute + 1, seenOffset: 0, leadTimeMs: 5, cursors: [] };
  return { kind: 'ConsumptionEvent', stream: STREAM, ...pool, fromMs, toMs: fromMs + MINUTE_MS, ...counts, peakPerSecond: demanded / 30 };
}

async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + WAIT_MS;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error('it did not come about');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The state of the forecast stage as far as its newest snapshot goes, by nothing but the log. */
async function replayed(dataDir: string): Promise<{ replay: Uint8Array; snapshot: Uint8Array | undefined; heard: number }> {
  const { log, snapshots, close } = await openEmbeddedStorage({ dataDir, onFailure });
  const state = emptyForecast({ newModel: () => new StreamForecast(), rideThroughMsOf: () => RIDE_THROUGH_MS });
  const [newest] = await snapshots.load('forecast', PARTITION);
  // What a model says while the process ends may reach the log after the last snapshot.
  const until = newest?.header.offsets[TOPICS.consumption.name] ?? 0;
  let heard = 0;
  for (let from = 0; from < until; ) {
    const entries = await log.read(TOPICS.consumption.name, PARTITION, from, Math.min(4_096, until - from));
    if (entries.length === 0) break;
    for (const { bytes, offset } of entries) {
      const message = decode(bytes);
      if (message.kind === 'ConsumptionEvent') onConsumption(state, message);
      if (message.kind === 'ProfileSet') onProfileSet(state.expectations, message);
      if (message.kind === 'BurstDeclared') onBurstDeclared(state.expectations, message);
      if (message.kind === 'ExpertForecast' && onExpertForecast(state, message) === undefined) heard++;
      from = offset + 1;
    }
  }
  await close();
  return { replay: forecastStateToBytes(state), snapshot: newest?.bytes, heard };
}

describe('a process with a trained model', () => {
  test('trusts it in its mixture, shows that, and needs it for no replay', { timeout: 2 * WAIT_MS }, async () => {
    const dataDir = scratchDirectory();
    const before = await opened({ dataDir, partitions: PARTITIONS });
    await before.create('orders', { rideThroughMs: RIDE_THROUGH_MS });
    await before.close();
    const model = await withPast(dataDir);
    const models = { dir: join(dataDir, 'models'), isScheduled: false, logger: SILENT };
    const seqcast = await opened({ dataDir, models, forecastRefreshMs: 1_000 });
    await seqcast.next({ sequence: 'orders', count: 1, clientType: 'web', service: 'checkout' });
    const weight = (): number => seqcast.explain(STREAM).experts.find(({ expert }) => expert === model)?.weight ?? 0;
    await until(() => weight() > 0);
    const { sentences, experts } = seqcast.explain(STREAM);
    expect(sentences.at(-1)).toContain(`${model} `);
    expect(experts.reduce((sum, each) => sum + each.weight, 0)).toBeCloseTo(1, 6);
    const metrics = await seqcast.metrics();
    expect(metrics).toMatch(/seqcast_expert_forecasts_total\{family="lstm"\} [1-9]/);
    expect(metrics).toMatch(/seqcast_expert_weight\{family="lstm"\} 0\.\d/);
    expect(metrics).toMatch(/seqcast_model_problems 0/);
    expect(seqcast.notices()).toEqual([]);
    await seqcast.close();
    const { replay, snapshot, heard } = await replayed(dataDir);
    expect(heard).toBeGreaterThan(0);
    expect(snapshot).toBeDefined();
    expect(Buffer.compare(replay, snapshot ?? new Uint8Array(0))).toBe(0);
  });
});
