/** A training from the job to the model in service. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { historySource } from '../../../../workers/runtime/training/history-source.ts';
import type { Trainer, TrainingRequest } from '../../../../workers/runtime/training/trainer.ts';
import { type TrainingResult, trainingJob } from '../../../../workers/runtime/training/training-job.ts';
import { NOW, newRegistry, PARTITIONS, type Registry, record, SILENT, said, trainerOf, weightsOf } from './registry-fixture.ts';

async function run(registry: Registry, train: Trainer, data: object = {}, id = 'train-1'): Promise<TrainingResult> {
  const { store, directory, clock, storage } = registry;
  const source = historySource({ log: storage.log, partitionCount: PARTITIONS });
  const handler = trainingJob({ source, store, directory, train, clock, logger: SILENT });
  return (await handler({ id, name: 'train', attempt: 1, data: { untilMs: NOW, ...data } }, () => undefined)) as TrainingResult;
}

describe('a training job', () => {
  it('trains on what was asked for before the days kept back, and puts a better model into service', async () => {
    const registry = await newRegistry();
    await record(registry, 10);
    const asked: TrainingRequest[] = [];
    const result = await run(
      registry,
      trainerOf(() => weightsOf(1), 0.2, asked),
    );
    expect(result).toMatchObject({ trained: true, promoted: true, because: expect.stringContaining('it saves 20.0 % against naive') });
    const [request] = asked;
    expect(request?.histories.map(({ key }) => key)).toEqual(['s/web/a']);
    const total = request?.histories[0]?.demand.reduce((sum, each) => sum + each, 0) ?? 0;
    expect(total).toBeGreaterThan(240 * 70);
    expect(request?.trainedUntilMs).toBeLessThan(NOW - 1.9 * 86_400_000);
    const current = registry.directory.current('lstm');
    expect(current?.model).toBe(result.model);
    expect(current?.bytes).toEqual(weightsOf(1));
    expect(current?.version).toBe(createHash('sha256').update(weightsOf(1)).digest('hex').slice(0, 8));
    expect(readFileSync(join(registry.dir, 'lstm', current?.version ?? '', 'card.md'), 'utf8')).toContain('Passed the gate');
  });

  it('learns from the streams of the sequences that it is told, where it is told', async () => {
    const registry = await newRegistry();
    await record(registry, 10);
    await record(registry, 10, 'other/web/a');
    const asked: TrainingRequest[] = [];
    const train = trainerOf(() => weightsOf(1), 0.2, asked);
    await run(registry, train, { sequences: ['other'] });
    await run(registry, train, {}, 'train-2');
    expect(asked.map(({ histories }) => histories.map(({ key }) => key).sort())).toEqual([['other/web/a'], ['other/web/a', 's/web/a']]);
  });

  it('keeps a model that is not better, and does not put it into service', async () => {
    const registry = await newRegistry();
    await record(registry, 10);
    const result = await run(
      registry,
      trainerOf(() => weightsOf(1), 0.001),
    );
    expect(result).toMatchObject({ trained: true, promoted: false });
    expect(registry.directory.current('lstm')).toBeUndefined();
    expect(await registry.administration.list()).toMatchObject([{ model: result.model, state: 'challenger' }]);
  });

  it('that runs twice leaves one model and says one promotion', async () => {
    const registry = await newRegistry();
    await record(registry, 10);
    const train = trainerOf(() => weightsOf(1));
    await run(registry, train);
    expect(await run(registry, train)).toMatchObject({ promoted: false, because: 'it is in service already' });
    expect(await registry.store.list()).toHaveLength(1);
    expect(await said(registry)).toHaveLength(1);
  });

  it('does not promote again what was rolled back', async () => {
    const registry = await newRegistry();
    await record(registry, 10);
    const train = trainerOf(() => weightsOf(1));
    await run(registry, train);
    await registry.administration.rollBack();
    expect(await run(registry, train)).toMatchObject({ promoted: false, because: 'it was rolled back: rolled back by hand' });
    expect(registry.directory.current('lstm')).toBeUndefined();
  });

  it('measures a challenger against the champion, whose weights it is given', async () => {
    const registry = await newRegistry();
    await record(registry, 10);
    await run(
      registry,
      trainerOf(() => weightsOf(1)),
    );
    const asked: TrainingRequest[] = [];
    const tuned = await run(
      registry,
      trainerOf(() => weightsOf(2), 0.1, asked),
      { kind: 'fine-tune' },
      'train-2',
    );
    expect(tuned.because).toContain('against the champion lstm@');
    expect(asked[0]).toMatchObject({ kind: 'fine-tune', steps: 150, champion: weightsOf(1), startFrom: weightsOf(1) });
    expect(registry.directory.current('lstm')?.bytes).toEqual(weightsOf(2));
    expect((await registry.administration.list()).map(({ state }) => state).sort()).toEqual(['champion', 'former']);
  });

  it.each([
    ['there is no history', 0, {}, 'too short: 0 days'],
    ['the history is short', 1, {}, 'at least 2 are needed'],
    ['no model is in service to be tuned', 10, { kind: 'fine-tune' }, 'train a full one first'],
  ])('trains nothing where %s, and says so', async (_, days, data, because) => {
    const registry = await newRegistry();
    if (days > 0) await record(registry, days);
    const never: Trainer = () => Promise.reject(new Error('nobody should train'));
    expect(await run(registry, never, data)).toMatchObject({ trained: false, because: expect.stringContaining(because) });
  });

  it('goes on from its checkpoint when it runs again, and keeps none when it is done', async () => {
    const registry = await newRegistry();
    await record(registry, 10);
    const progress = { step: 3, steps: 10, loss: 0.5, etaMs: 1_000 };
    const stopped: Trainer = async (_, hooks) => {
      hooks.onCheckpoint(progress, Uint8Array.of(1, 2, 3));
      return { kind: 'stopped' };
    };
    await expect(run(registry, stopped)).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
    expect((await registry.store.checkpoints())[0]).toEqual({ job: 'train-1', progress });
    const asked: TrainingRequest[] = [];
    await run(
      registry,
      trainerOf(() => weightsOf(1), 0.2, asked),
    );
    expect(asked[0]?.checkpoint).toEqual(Uint8Array.of(1, 2, 3));
    expect(await registry.store.checkpoints()).toEqual([]);
  });

  it('fails where the training does, so that the queue runs it again', async () => {
    const registry = await newRegistry();
    await record(registry, 10);
    await expect(run(registry, () => Promise.reject(new Error('no memory')))).rejects.toThrow('no memory');
    expect(await registry.store.list()).toEqual([]);
  });

  it('names the champion again before the topic forgets it', async () => {
    const registry = await newRegistry();
    await record(registry, 10);
    await run(
      registry,
      trainerOf(() => weightsOf(1)),
    );
    registry.nowMs = NOW + 40 * 86_400_000;
    await run(
      registry,
      trainerOf(() => weightsOf(2), 0),
      {},
      'train-2',
    );
    expect((await said(registry)).map(({ because }) => because)).toEqual([expect.stringContaining('it saves'), 'still in service']);
    expect(registry.directory.champion('lstm')?.sinceMs).toBe(NOW);
  });

  it('forgets old models, and none that may serve again', async () => {
    const registry = await newRegistry();
    await record(registry, 10);
    await run(
      registry,
      trainerOf(() => weightsOf(1)),
    );
    const first = registry.directory.current('lstm')?.version;
    for (let number = 2; number < 30; number++) {
      registry.nowMs++;
      await run(
        registry,
        trainerOf(() => weightsOf(number), 0),
        {},
        `train-${number}`,
      );
    }
    const kept = await registry.store.list();
    expect(kept.length).toBe(25);
    expect(kept.map(({ version }) => version)).toContain(first);
  });
});
