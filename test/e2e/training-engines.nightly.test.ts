/**
 * A training in an installation of several processes: the job runs in the jobs worker, which is killed with kill -9 on the way and followed
 * by another that goes on from the checkpoint; the model lies in the directory that all share, and the forecaster takes it into service.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openKafka } from '../../adapters/kafka/kafka.ts';
import { engineOrSkip, startKafka, startRedis } from '../engines/engines.ts';
import { eventually, TestInstallation } from './installation.ts';
import { recordDemandOn } from './recorded-demand.ts';
import { post, scratchDirectory, seqcast } from './server.ts';

const available = engineOrSkip('kafka').available && engineOrSkip('redis').available;
const TIMEOUT_MS = 180_000;
const PARTITIONS = 4;
/** Enough that a kill after the first checkpoint comes before the last step. */
const STEPS = 14;
/** A job whose worker was killed is given to another when the lock is over. */
const JOB_LOCK_MS = 5_000;
/** Longer than the first lead that the network speaks of. */
const RIDE_THROUGH_MS = 300_000;

interface Ended {
  readonly state: string;
  readonly attempt: number;
  readonly note?: string;
  readonly result: { readonly trained: boolean; readonly model: string };
}

describe.skipIf(!available)('a training on engines (needs Kafka, Redis)', () => {
  test('is gone on with by another jobs worker after kill -9, and the forecaster serves its model', { timeout: TIMEOUT_MS }, async () => {
    const modelsDir = scratchDirectory();
    const [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
    try {
      const shared = { SEQCAST_MODELS_DIR: modelsDir, SEQCAST_FORECAST_REFRESH_MS: '1000', SEQCAST_TRAININGS: 'false' };
      const on = new TestInstallation(kafka.brokers, { ...shared, SEQCAST_JOB_LOCK_MS: String(JOB_LOCK_MS) });
      const engine = await openKafka({
        brokers: kafka.brokers,
        clientId: 'recorder',
        partitionCount: PARTITIONS,
        onFailure: () => undefined,
      });
      await recordDemandOn(engine.log, PARTITIONS, [`${on.sequence}/web/checkout`], 3);
      await engine.close();
      const [gateway, forecaster] = await Promise.all([
        on.start('gateway', 'gateway', redis.url),
        on.start('back', 'allocator,filler,forecaster', redis.url),
        on.start('jobs-a', 'jobs', redis.url),
      ]);
      await eventually(async () => (await on.members()).some(({ member, state }) => member === on.pool && state === 'living'));
      await on.create({ rideThroughMs: RIDE_THROUGH_MS });
      const asked = async (...args: string[]): Promise<unknown> => {
        const { code, stdout, stderr } = await seqcast(...args, '--url', gateway.url, '--json');
        if (code !== 0) throw new Error(stderr);
        return JSON.parse(stdout);
      };
      const { job } = (await asked('train', '--steps', String(STEPS))) as { job: string };
      const view = async (): Promise<Ended> => (await (await fetch(`${gateway.url}/v1/jobs/${job}`)).json()) as Ended;
      await eventually(async () => (await view()).note !== undefined);
      await on.kill('jobs-a');
      expect(readdirSync(join(modelsDir, 'checkpoints'))).toHaveLength(1);
      expect(existsSync(join(modelsDir, 'lstm'))).toBe(false);

      const jobs = await on.start('jobs-b', 'jobs', redis.url);
      await eventually(async () => ['done', 'dead'].includes((await view()).state));
      const { state, result } = await view();
      expect([state, result.trained]).toEqual(['done', true]);
      // It did not begin again, and what it left behind is a model and no checkpoint.
      expect(jobs.output()).not.toContain('begins again');
      expect(readdirSync(join(modelsDir, 'checkpoints'))).toEqual([]);

      expect(await asked('models', 'promote', result.model)).toMatchObject({ model: result.model, state: 'champion' });
      const next = { count: 1, clientType: 'web', service: 'checkout' };
      await eventually(async () => (await post(`${gateway.url}/v1/sequences/${on.sequence}/next`, next)).status === 200);
      const metrics = async (): Promise<string> => (await fetch(`${forecaster.url}/metrics`)).text();
      await eventually(async () => /seqcast_model_trained_until_seconds\{family="lstm"\} [1-9]/.test(await metrics()));
      await eventually(async () => /seqcast_expert_forecasts_total\{family="lstm"\} [1-9]/.test(await metrics()));
    } finally {
      await Promise.all([kafka.stop(), redis.stop()]);
    }
  });
});
