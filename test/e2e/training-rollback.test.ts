/**
 * A poisoned model in a real server, on a clock that is sped up: its weights are well-formed and what it says is wrong. Somebody promotes it
 * by hand; the server finds out by what comes of its forecasts, says so, and puts its predecessor back into service. Needs a build.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openModelStore } from '../../adapters/embedded/model-store.ts';
import { seededRng } from '../../core/rng.ts';
import { initialParameters } from '../../models/lstm/parameters.ts';
import { PRESETS } from '../../models/lstm/presets.ts';
import { encodeWeights } from '../../models/lstm/weights.ts';
import { CARD_SCHEMA, type ModelCard, modelId, versionOf } from '../../models/registry/model-card.ts';
import { open } from '../../workers/embedded.ts';
import { createGateway } from '../../workers/gateway/gateway.ts';
import { listen } from '../../workers/gateway/listening.ts';
import { createLogger } from '../../workers/runtime/process/logging.ts';
import { spedUpClock } from '../../workers/runtime/process/sped-up-clock.ts';
import type { Seqcast } from '../../workers/runtime/service/seqcast.ts';
import { recordDemand } from './recorded-demand.ts';
import { scratchDirectory, seqcast } from './server.ts';

/** Two hours a second. */
const SPEED_UP = 7_200;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const STREAM = 'orders/web/checkout';
/** Six hours of wrong forecasts roll a model back, once it has spoken and a horizon has passed; a busy machine is late with all of it. */
const ROLLED_BACK_WITHIN_MS = 24 * HOUR_MS;

/** As a training begins, which is about as good as the days before; or with every weight doubled, which expects half of what comes. */
async function keepModel(modelsDir: string, scale: number): Promise<string> {
  const { spec } = PRESETS.demo;
  const parameters = initialParameters(spec, seededRng(1)).map((weight) => weight * scale);
  const weights = encodeWeights({ spec, members: [parameters], seeds: [1], steps: 1, trainedUntilMs: 1 });
  const sha256 = createHash('sha256').update(weights).digest('hex');
  const version = versionOf(sha256);
  const facts = { cardSchema: CARD_SCHEMA, family: 'lstm', version, sha256, weightBytes: weights.byteLength, featureSchema: 'lstm-1' };
  const unread = { evaluation: { losses: {}, improvement: {}, verdict: {} }, training: {}, data: {}, backend: 'none', madeAtMs: 1 };
  const card = { ...facts, ...unread, trainedUntilMs: 1 } as unknown as ModelCard;
  await (await openModelStore({ dir: modelsDir })).put({ card, weights, page: '' });
  return modelId('lstm', version);
}

/** Callers that ask for about as much in each minute as there was in the minutes before. */
function keepAsking(server: Seqcast, nowMs: () => number): () => void {
  let askedMs = nowMs();
  const rng = seededRng(2);
  const timer = setInterval(() => {
    for (; askedMs < nowMs(); askedMs += MINUTE_MS) {
      const asked = server.next({ sequence: 'orders', count: 1 + Math.round(60 * rng.next()), clientType: 'web', service: 'checkout' });
      void Promise.resolve(asked).catch(() => undefined);
    }
  }, 5);
  return () => clearInterval(timer);
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}

test('a poisoned model that somebody promoted leaves service within a day, and its predecessor is back', {
  timeout: 120_000,
}, async () => {
  const dataDir = scratchDirectory();
  const dir = join(dataDir, 'models');
  await recordDemand(dataDir, ['none/a/a', 'none/b/b', 'none/c/c', 'none/d/d', 'none/e/e', STREAM], 2);
  const [good, poisoned] = [await keepModel(dir, 1), await keepModel(dir, 2)];
  const file = join(dataDir, 'log.jsonl');
  const logger = createLogger({ level: 'error', file });
  let clock = { nowMs: () => 0 };
  const server = await open({
    dataDir,
    clock: (lastSeenMs) => {
      clock = spedUpClock(Math.max(Date.now(), lastSeenMs), SPEED_UP);
      return clock;
    },
    speedUp: SPEED_UP,
    resolutionMs: MINUTE_MS,
    models: { dir, isScheduled: false, logger },
  });
  const gateway = createGateway({ service: server, logger });
  const { url } = await listen(gateway, { host: '127.0.0.1', port: 0 });
  onTestFinished(async () => {
    await server.close();
    await gateway.close();
  });
  await server.create('orders', { rideThroughMs: 5 * MINUTE_MS });
  const stop = keepAsking(server, () => clock.nowMs());
  onTestFinished(stop);
  const weightOf = (model: string): number => server.explain(STREAM).experts.find(({ expert }) => expert === model)?.weight ?? 0;
  await until(() => server.status().streams.length > 0);

  await server.promoteModel(good);
  await until(() => weightOf(good) > 0);
  expect((await seqcast('models', 'promote', poisoned, '--url', url)).code).toBe(0);
  const promotedMs = clock.nowMs();
  const stateOf = async (model: string) => (await server.models()).find((each) => each.model === model)?.state;
  await until(async () => (await stateOf(poisoned)) === 'rolled-back');
  expect(clock.nowMs() - promotedMs).toBeLessThan(ROLLED_BACK_WITHIN_MS);

  const lines = readFileSync(file, 'utf8').trim().split('\n');
  expect(lines.map((line): unknown => JSON.parse(line))).toContainEqual(
    expect.objectContaining({
      model: poisoned,
      msg: 'a model is rolled back',
      because: expect.stringContaining('times what the others say'),
    }),
  );
  const { stdout } = await seqcast('models', 'list', '--url', url);
  expect(stdout).toMatch(new RegExp(`^${good} +champion`, 'm'));
  expect(stdout).toMatch(new RegExp(`^${poisoned} +rolled-back .*times what the others say`, 'm'));
  expect(await server.metrics()).toContain('seqcast_model_rollbacks_total 1');
  await until(() => weightOf(good) > 0);
});
