import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { startBackend } from '../../../models/lstm/backend.ts';
import { decodeCheckpoint, encodeCheckpoint, type LstmCheckpoint } from '../../../models/lstm/checkpoint.ts';
import { STATIC_FEATURES } from '../../../models/lstm/features.ts';
import { LstmInference } from '../../../models/lstm/inference.ts';
import { type ModelTraining, trainModel } from '../../../models/lstm/model-training.ts';
import { LstmNetwork } from '../../../models/lstm/network.ts';
import { FULL_PLAN } from '../../../models/lstm/plan.ts';
import { LostTraining, startTraining, train } from '../../../models/lstm/training.ts';
import { encodeWeights } from '../../../models/lstm/weights.ts';
import { TrainingWindows } from '../../../models/lstm/windows.ts';
import { SMALL_SPEC, series, THREE_LEVELS } from './series.ts';

const PLAN = { ...FULL_PLAN, steps: 4, windows: 8 };
const NO_CLOCK = { nowMs: () => 0 };

// A processor that is shared with others may be slow.
vi.setConfig({ testTimeout: 60_000 });

beforeAll(async () => {
  await startBackend('wasm');
});

function training(more: Partial<ModelTraining> = {}): ModelTraining {
  return { spec: SMALL_SPEC, seeds: [1, 2], plan: PLAN, backend: 'wasm', watch: NO_CLOCK, ...more };
}

async function trainedBytes(more: Partial<ModelTraining> = {}): Promise<Uint8Array> {
  const end = await trainModel(THREE_LEVELS, training(more));
  if (end.kind !== 'trained') throw new Error('it was not to stop');
  return encodeWeights(end.weights);
}

describe('training', () => {
  test('gives the same bytes for the same seeds, and others for others', async () => {
    const bytes = await trainedBytes();
    expect(await trainedBytes()).toEqual(bytes);
    expect(await trainedBytes({ seeds: [1, 3] })).not.toEqual(bytes);
  });

  test.each([2, 4, 7])('goes on from where it was stopped after %i steps to the bytes of one that was not', async (stopAfter) => {
    let steps = 0;
    const watch = { ...NO_CLOCK, onStep: () => void steps++, shouldStop: () => steps >= stopAfter };
    const stopped = await trainModel(THREE_LEVELS, training({ watch }));
    if (stopped.kind !== 'stopped') throw new Error('it was to stop');
    expect(steps).toBe(stopAfter);
    const resume = decodeCheckpoint(encodeCheckpoint(stopped.checkpoint));
    expect(await trainedBytes({ resume })).toEqual(await trainedBytes());
  });

  test('leaves a checkpoint every so many steps, from any of which it can go on', async () => {
    const checkpoints: LstmCheckpoint[] = [];
    const bytes = await trainedBytes({ watch: { ...NO_CLOCK, checkpointSteps: 3, onCheckpoint: (at) => void checkpoints.push(at) } });
    expect(checkpoints.map(({ done, state }) => [done.length, state.step])).toEqual([
      [0, 3],
      [1, 3],
    ]);
    for (const resume of checkpoints) expect(await trainedBytes({ resume })).toEqual(bytes);
  });

  test('of measured series, with units left out by chance, is as repeatable', async () => {
    const spec = { ...SMALL_SPEC, of: 'bin' as const, spread: 'measured' as const };
    let steps = 0;
    const watch = { ...NO_CLOCK, onStep: () => void steps++, shouldStop: () => steps >= 2 };
    const before = tf.memory().numTensors;
    const stopped = await trainModel(THREE_LEVELS, training({ spec, watch }));
    if (stopped.kind !== 'stopped') throw new Error('it was to stop');
    const bytes = await trainedBytes({ spec });
    expect(await trainedBytes({ spec, resume: stopped.checkpoint })).toEqual(bytes);
    expect(await trainedBytes({ spec, seeds: [2, 2] })).not.toEqual(bytes);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('learns: the loss of the last steps is well below that of the first', async () => {
    const losses: number[] = [];
    const watch = { ...NO_CLOCK, onStep: ({ loss }: { loss: number }) => void losses.push(loss) };
    await train(SMALL_SPEC, THREE_LEVELS, { ...PLAN, seed: 1, steps: 150 }, startTraining(SMALL_SPEC, 1), watch);
    const mean = (some: readonly number[]): number => some.reduce((sum, loss) => sum + loss, 0) / some.length;
    expect(mean(losses.slice(-20))).toBeLessThan(0.7 * mean(losses.slice(0, 5)));
  });

  test('holds no more tensors after many steps than after one', async () => {
    const held: number[] = [];
    const watch = { ...NO_CLOCK, onStep: () => void held.push(tf.memory().numTensors) };
    const before = tf.memory();
    await train(SMALL_SPEC, THREE_LEVELS, { ...PLAN, seed: 1, steps: 10 }, startTraining(SMALL_SPEC, 1), watch);
    expect(new Set(held).size).toBe(1);
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numDataBuffers: before.numDataBuffers });
  });

  test('gives on WebAssembly what it gives in plain JavaScript', async () => {
    const trained = async (backend: 'wasm' | 'cpu'): Promise<Float64Array> => {
      await startBackend(backend);
      const state = await train(SMALL_SPEC, THREE_LEVELS, { ...PLAN, seed: 1, steps: 5 }, startTraining(SMALL_SPEC, 1), NO_CLOCK);
      const network = new LstmNetwork(SMALL_SPEC);
      network.assign(state.parameters);
      const said = new LstmInference(SMALL_SPEC, [network]).predict(THREE_LEVELS);
      network.dispose();
      return said[1] as Float64Array;
    };
    const [wasm, cpu] = [await trained('wasm'), await trained('cpu')];
    await startBackend('wasm');
    for (const [i, demand] of wasm.entries()) expect(Math.abs(demand / (cpu[i] as number) - 1)).toBeLessThan(1e-4);
  });

  test('goes on from the weights of a former model', async () => {
    const former = await trainModel(THREE_LEVELS, training());
    if (former.kind !== 'trained') throw new Error('it was not to stop');
    const first: number[] = [];
    const watch = { ...NO_CLOCK, onStep: ({ loss }: { loss: number }) => void first.push(loss) };
    const tuned = await trainModel(THREE_LEVELS, training({ from: former.weights, plan: { ...PLAN, steps: 3 }, watch }));
    if (tuned.kind !== 'trained') throw new Error('it was not to stop');
    expect(tuned.weights.steps).toBe(7);
    expect(tuned.weights.members[0]).not.toEqual(former.weights.members[0]);
    const scratch: number[] = [];
    await trainModel(THREE_LEVELS, training({ watch: { ...NO_CLOCK, onStep: ({ loss }) => void scratch.push(loss) } }));
    expect(first[0]).toBeLessThan(scratch[0] as number);
  });

  test('goes on from nothing that is of another training', async () => {
    const former = await trainModel(THREE_LEVELS, training({ seeds: [1], plan: { ...PLAN, steps: 1 } }));
    if (former.kind !== 'trained') throw new Error('it was not to stop');
    const stopped = await trainModel(THREE_LEVELS, training({ watch: { ...NO_CLOCK, shouldStop: () => true } }));
    if (stopped.kind !== 'stopped') throw new Error('it was to stop');
    for (const wrong of [
      { from: former.weights },
      { from: former.weights, seeds: [1], spec: { ...SMALL_SPEC, contextBins: 5 } },
      { resume: stopped.checkpoint, seeds: [1, 3] },
      { resume: stopped.checkpoint, plan: { ...PLAN, steps: 9 } },
    ]) {
      await expect(trainModel(THREE_LEVELS, training(wrong))).rejects.toMatchObject({ code: 'SEQ_MODEL_INVALID' });
    }
  });

  test('gives up where no gradient is finite', async () => {
    const poisoned = startTraining(SMALL_SPEC, 1);
    poisoned.parameters.fill(Number.NaN);
    await expect(train(SMALL_SPEC, THREE_LEVELS, { ...PLAN, seed: 1, steps: 100 }, poisoned, NO_CLOCK)).rejects.toThrow(LostTraining);
  });
});

describe('training windows', () => {
  test('depend on seed and step alone', () => {
    const draw = (seed: number, step: number): number[] => [...new TrainingWindows(SMALL_SPEC, 8, THREE_LEVELS).draw(seed, step).targets];
    const windows = new TrainingWindows(SMALL_SPEC, 8, THREE_LEVELS);
    windows.draw(1, 0);
    expect([...windows.draw(1, 7).targets]).toEqual(draw(1, 7));
    expect(draw(1, 8)).not.toEqual(draw(1, 7));
    expect(draw(2, 7)).not.toEqual(draw(1, 7));
  });

  test('are half of all streams alike and half in proportion to their demand', () => {
    const some = [series(400, () => 1), series(400, () => 999)];
    const windows = new TrainingWindows(SMALL_SPEC, 64, some);
    let large = 0;
    for (let step = 0; step < 20; step++) {
      const { statics } = windows.draw(1, step).features;
      for (let row = 0; row < 64; row++) if ((statics[row * STATIC_FEATURES] as number) > Math.log1p(10) / 8) large++;
    }
    expect(large / (20 * 64)).toBeGreaterThan(0.7);
    expect(large / (20 * 64)).toBeLessThan(0.8);
  });

  test('leave out series that are too short, and weigh nothing that was an outage', () => {
    const outages = new Uint8Array(400).fill(1);
    const windows = new TrainingWindows(SMALL_SPEC, 4, [series(30, () => 1), series(400, () => 1, { outages })]);
    expect(windows.count).toBe(1);
    expect(windows.draw(1, 0).weights.every((weight) => weight === 0)).toBe(true);
  });

  test('are empty where every series is poisoned, and never not a number', () => {
    const windows = new TrainingWindows(SMALL_SPEC, 4, [series(400, () => Number.NaN)]);
    const { features, targets, weights } = windows.draw(1, 0);
    expect([...features.steps, ...features.leads, ...targets].every(Number.isFinite)).toBe(true);
    expect(weights.every((weight) => weight === 0)).toBe(true);
  });
});
