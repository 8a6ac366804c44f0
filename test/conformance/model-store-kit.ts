/** What every model store must do: models come back as they went in or not at all, and trainings go on from where they were. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Checkpoint, ModelStore, ModelToStore } from '../../pipelines/ports.ts';
import { acrossReopening, type Harness, using } from './harness.ts';

export interface ModelStoreHarness extends Harness<ModelStore> {
  /** Damages what is stored of a model: another byte in its weights, half a card, no weights. Left out by what cannot. */
  damage?(store: ModelStore, family: string, version: string, how: 'weights' | 'card' | 'no-weights'): Promise<void>;
  /** Damages the checkpoint of a job. */
  damageCheckpoint?(store: ModelStore, job: string): Promise<void>;
}

export function modelOf(text: string, family = 'lstm'): ModelToStore {
  const weights = new TextEncoder().encode(text);
  const sha256 = createHash('sha256').update(weights).digest('hex');
  const card = { family, version: sha256.slice(0, 8), sha256, weightBytes: weights.byteLength, madeAtMs: 5, note: text };
  return { card, weights, page: `# ${text}\n` };
}

const CHECKPOINT: Checkpoint = {
  job: 'train@1795996800000',
  progress: { step: 20, steps: 100, loss: 0.25, etaMs: 4_000 },
  bytes: Uint8Array.of(0, 10, 255, 10),
};

export function modelStoreKit(harness: ModelStoreHarness): void {
  describe('an empty model store', () => {
    test('lists nothing, and knows no model and no checkpoint', () =>
      using(harness, async (store) => {
        expect(await store.list()).toEqual([]);
        expect(await store.checkpoints()).toEqual([]);
        expect(await store.loadCheckpoint('train')).toBeUndefined();
        await expect(store.get('lstm', '01234567')).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_MODEL' });
        await store.remove('lstm', '01234567');
        await store.dropCheckpoint('train');
      }));
  });

  describe('a model', () => {
    test('comes back with its card and its weights', () =>
      using(harness, async (store) => {
        const model = modelOf('one');
        expect(await store.put(model)).toBe(true);
        const { card, weights } = await store.get('lstm', model.card.version);
        expect(card).toEqual(model.card);
        expect(weights).toEqual(model.weights);
      }));

    test('that is there already is not put again', () =>
      using(harness, async (store) => {
        const model = modelOf('one');
        await store.put(model);
        expect(await store.put({ ...model, card: { ...model.card, madeAtMs: 6 } as typeof model.card })).toBe(false);
        expect((await store.get('lstm', model.card.version)).card).toEqual(model.card);
      }));

    test('put by many at once is there once', () =>
      using(harness, async (store) => {
        const model = modelOf('one');
        const put = await Promise.all(Array.from({ length: 8 }, () => store.put(model)));
        expect(put).toContain(true);
        expect((await store.get('lstm', model.card.version)).weights).toEqual(model.weights);
        expect(await store.list()).toHaveLength(1);
      }));

    test('is listed by family, then by version, until it is removed', () =>
      using(harness, async (store) => {
        const models = [modelOf('a'), modelOf('b'), modelOf('c', 'ets')];
        for (const model of models) await store.put(model);
        const names = (await store.list()).map(({ family, version }) => `${family}@${version}`);
        expect(names).toEqual(models.map(({ card }) => `${card.family}@${card.version}`).sort());
        await store.remove('ets', models[2]?.card.version ?? '');
        expect((await store.list()).map(({ family }) => family)).toEqual(['lstm', 'lstm']);
      }));

    test.each([
      ['a checksum that is not its weights’', { sha256: '0'.repeat(64), version: '00000000' }],
      ['a version that is not its checksum’s', { version: '01234567' }],
      ['another size', { weightBytes: 4 }],
      ['a family that is no name', { family: '../x' }],
    ])('with %s is refused', (_, wrong) =>
      using(harness, async (store) => {
        const model = modelOf('one');
        const refused = expect.stringMatching(/^SEQ_(INVALID_REQUEST|UNKNOWN_MODEL)$/);
        await expect(store.put({ ...model, card: { ...model.card, ...wrong } })).rejects.toMatchObject({ code: refused });
        expect(await store.list()).toEqual([]);
      }),
    );

    test('that is larger than any is refused', () =>
      using(harness, async (store) => {
        const weights = new Uint8Array(64 * 1024 * 1024 + 1);
        const sha256 = createHash('sha256').update(weights).digest('hex');
        const card = { family: 'lstm', version: sha256.slice(0, 8), sha256, weightBytes: weights.byteLength };
        await expect(store.put({ card, weights, page: '' })).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
      }));

    test.each(['../../etc', 'lstm/x', '', 'LSTM'])('is never looked for under the family %j', (family) =>
      using(harness, async (store) => {
        await expect(store.get(family, '01234567')).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_MODEL' });
        await expect(store.get('lstm', `../${family}`)).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_MODEL' });
      }),
    );

    test.runIf(harness.damage !== undefined).each(['weights', 'card', 'no-weights'] as const)(
      'whose %s is damaged is refused where it is read, shown in the list where that can be seen, and mended by putting it again',
      (how) =>
        using(harness, async (store) => {
          const model = modelOf('one');
          const { version } = model.card;
          await store.put(model);
          await harness.damage?.(store, 'lstm', version, how);
          await expect(store.get('lstm', version)).rejects.toMatchObject({ code: 'SEQ_MODEL_INVALID' });
          const [listed] = await store.list();
          expect(listed).toMatchObject({ family: 'lstm', version });
          if (how !== 'weights') expect(listed?.problem).toMatch(/card|weights/);
          expect(await store.put(model)).toBe(true);
          expect((await store.get('lstm', version)).weights).toEqual(model.weights);
        }),
    );
  });

  describe('a checkpoint', () => {
    test('comes back as it was saved last, until it is dropped', () =>
      using(harness, async (store) => {
        await store.saveCheckpoint({ ...CHECKPOINT, bytes: Uint8Array.of(1) });
        await store.saveCheckpoint(CHECKPOINT);
        expect(await store.loadCheckpoint(CHECKPOINT.job)).toEqual(CHECKPOINT);
        const { job, progress } = CHECKPOINT;
        expect(await store.checkpoints()).toEqual([{ job, progress }]);
        await store.dropCheckpoint(job);
        expect(await store.loadCheckpoint(job)).toBeUndefined();
      }));

    test('of a job whose id is no name of a file is kept apart from others', () =>
      using(harness, async (store) => {
        for (const [index, job] of ['a/b', '../a', 'a:b', 'A:b'].entries())
          await store.saveCheckpoint({ ...CHECKPOINT, job, bytes: Uint8Array.of(index) });
        expect((await store.loadCheckpoint('../a'))?.bytes).toEqual(Uint8Array.of(1));
        expect((await store.loadCheckpoint('A:b'))?.bytes).toEqual(Uint8Array.of(3));
        expect(await store.checkpoints()).toHaveLength(4);
      }));

    test('before the first step has no loss', () =>
      using(harness, async (store) => {
        await store.saveCheckpoint({ ...CHECKPOINT, progress: { ...CHECKPOINT.progress, loss: NaN } });
        expect((await store.loadCheckpoint(CHECKPOINT.job))?.progress.loss).toBeNaN();
      }));

    test('of a training that nobody resumed makes room for newer ones', () =>
      using(harness, async (store) => {
        for (let i = 0; i < 20; i++) await store.saveCheckpoint({ ...CHECKPOINT, job: `train-${i}` });
        expect((await store.checkpoints()).length).toBeLessThanOrEqual(16);
        expect(await store.loadCheckpoint('train-19')).toBeDefined();
      }));

    test.runIf(harness.damageCheckpoint !== undefined)('that is damaged counts as none', () =>
      using(harness, async (store) => {
        await store.saveCheckpoint(CHECKPOINT);
        await harness.damageCheckpoint?.(store, CHECKPOINT.job);
        expect(await store.loadCheckpoint(CHECKPOINT.job)).toBeUndefined();
      }),
    );
  });

  test.runIf(harness.reopen !== undefined)('what was put is there when it is opened again', () =>
    acrossReopening(
      harness,
      async (store) => {
        await store.put(modelOf('one'));
        await store.saveCheckpoint(CHECKPOINT);
      },
      async (store) => {
        expect((await store.get('lstm', modelOf('one').card.version)).weights).toEqual(modelOf('one').weights);
        expect(await store.loadCheckpoint(CHECKPOINT.job)).toEqual(CHECKPOINT);
      },
    ),
  );
}
