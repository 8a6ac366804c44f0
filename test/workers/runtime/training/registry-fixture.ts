/** A registry over a real log, a real queue and a real store, with a trainer that takes no time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openEmbeddedStorage } from '../../../../adapters/embedded/storage.ts';
import { partitionOf } from '../../../../core/stream.ts';
import { parameterCount } from '../../../../models/lstm/parameters.ts';
import { LIVE_SPEC } from '../../../../models/lstm/spec.ts';
import { encodeWeights } from '../../../../models/lstm/weights.ts';
import type { Score } from '../../../../models/registry/gate.ts';
import { encode } from '../../../../schemas/codec.ts';
import type { ConsumptionEvent, ModelEvent } from '../../../../schemas/messages.ts';
import { TOPICS } from '../../../../schemas/topics.ts';
import { createLogger } from '../../../../workers/runtime/process/logging.ts';
import { type ModelParts, openModels } from '../../../../workers/runtime/training/model-parts.ts';
import type { TrainedModel, Trainer, TrainingRequest } from '../../../../workers/runtime/training/trainer.ts';

export const PARTITIONS = 2;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
export const NOW = 20_000 * DAY_MS;

export interface Registry extends ModelParts {
  readonly storage: Awaited<ReturnType<typeof openEmbeddedStorage>>;
  readonly dir: string;
  readonly problems: unknown[];
  readonly failures: unknown[];
  readonly clock: { nowMs: () => number };
  /** Time of the stages. */
  nowMs: number;
}

export async function newRegistry(): Promise<Registry> {
  const root = mkdtempSync(join(tmpdir(), 'seqcast-'));
  const failures: unknown[] = [];
  const onFailure = (error: unknown): number => failures.push(error);
  const storage = await openEmbeddedStorage({ dataDir: root, partitionCount: PARTITIONS, onFailure });
  const problems: unknown[] = [];
  const dir = join(root, 'models');
  const time = { nowMs: NOW };
  const clock = { nowMs: () => time.nowMs };
  const logger = { error: (details: object) => void problems.push(details) };
  const { log, jobs } = storage;
  const parts = await openModels({ dir, log, jobs, clock, partitionCount: PARTITIONS, logger: logger as never, onFailure });
  onTestFinished(async () => {
    await parts.directory.close();
    await storage.close();
    rmSync(root, { recursive: true, force: true });
  });
  return {
    ...parts,
    storage,
    dir,
    problems,
    failures,
    clock,
    get nowMs() {
      return time.nowMs;
    },
    set nowMs(ms: number) {
      time.nowMs = ms;
    },
  };
}

export const SILENT = createLogger({ level: 'silent' });

/** A small network: tests compare weights byte by byte. */
const SPEC = { ...LIVE_SPEC, units: 2 };

/** Weights that can be used, another model for each number. */
export function weightsOf(number: number, value = 0.001): Uint8Array {
  const members = [new Float32Array(parameterCount(SPEC)).fill(value * number)];
  return encodeWeights({ spec: SPEC, members, seeds: [1], steps: 1, trainedUntilMs: 0 });
}

/** A trainer that ends at once with these weights, and scores as good as it is told. */
export function trainerOf(weights: () => Uint8Array, saves = 0.2, asked: TrainingRequest[] = []): Trainer {
  return async (request, hooks) => {
    asked.push(request);
    hooks.onProgress({ step: request.steps, steps: request.steps, loss: 0.5, etaMs: 0 });
    const scores = Array.from({ length: 400 }, (_, index): Score => {
      const rival = 1 + (index % 7) / 10;
      const champion = request.champion === undefined ? NaN : rival;
      const covered = { below: 950, atMost: 950, outcomes: 1_000 };
      return {
        stream: 's/web/a',
        class: 'web',
        block: index % 20,
        challenger: rival * (1 - saves),
        champion,
        baselines: { naive: rival },
        ...covered,
      };
    });
    const holdout = { scores, fromMs: request.scoredFromMs, untilMs: request.scoredFromMs + 1, leftOut: 0 };
    const trained: Omit<TrainedModel, 'weights'> = {
      kind: 'trained',
      featureSchema: 'lstm-1',
      backend: 'none',
      seeds: [request.seed],
      losses: [{ step: 1, loss: 0.5 }],
      tookMs: 1,
      holdout,
    };
    return { ...trained, weights: weights() };
  };
}

/** Days of demand up to `untilMs`, an event an hour. */
export async function record(registry: Registry, days: number, stream = 's/web/a', untilMs = registry.nowMs): Promise<void> {
  const hourMs = 60 * MINUTE_MS;
  const first = Math.floor((untilMs - days * DAY_MS) / hourMs);
  const records = Array.from({ length: days * 24 }, (_, index) =>
    encode(event(stream, (first + index) * hourMs, hourMs, 60 + (index % 24))),
  );
  await registry.storage.log.append({ topic: TOPICS.consumption.name, partition: partitionOf(stream, PARTITIONS), records });
}

export function event(stream: string, fromMs: number, spanMs: number, demanded: number): ConsumptionEvent {
  const counts = { issued: demanded, returned: 0, requests: 1, stalls: 0, demanded, stock: 0, waiting: 0, peakPerSecond: 1, leadTimeMs: 0 };
  const who = { stream, pool: 'p', incarnation: 'i', sequenceNumber: fromMs / MINUTE_MS };
  return { kind: 'ConsumptionEvent', ...who, fromMs, toMs: fromMs + spanMs, ...counts, seenOffset: -1, largestRequest: 1, cursors: [] };
}

export async function said(registry: Registry): Promise<ModelEvent[]> {
  const { decode } = await import('../../../../schemas/codec.ts');
  const entries = await registry.storage.log.read(TOPICS.models.name, partitionOf('lstm', PARTITIONS), 0, 1_000);
  return entries.map(({ bytes }) => decode(bytes) as ModelEvent);
}
