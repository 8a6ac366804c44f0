/** The training that runs in the thread: the same request gives the same model, interrupted or not. */
import { describe, expect, it } from 'vitest';
import type { SeriesHistory } from '../../../../models/contract.ts';
import { trainLstm } from '../../../../workers/runtime/training/lstm-training.ts';
import type { TrainedModel, TrainingHooks, TrainingOutcome, TrainingRequest } from '../../../../workers/runtime/training/trainer.ts';

const MINUTE_MS = 60_000;
const DAYS = 3;
const STEPS = 3;

function request(more: Partial<TrainingRequest> = {}): TrainingRequest {
  const bins = DAYS * 1_440;
  const demand = Float64Array.from({ length: bins }, (_, bin) => 5 + (bin % 7) + 5 * Math.sin((2 * Math.PI * bin) / 1_440));
  const histories: SeriesHistory[] = [{ key: 'orders/web/a', binMs: MINUTE_MS, startMs: 0, demand, clientType: 'web', service: 'a' }];
  const trainedUntilMs = (bins - 600) * MINUTE_MS;
  const from = { champion: undefined, startFrom: undefined, checkpoint: undefined };
  return { kind: 'full', preset: 'live', steps: STEPS, seed: 1, histories, trainedUntilMs, scoredFromMs: trainedUntilMs, ...from, ...more };
}

interface Run {
  readonly outcome: TrainingOutcome;
  readonly checkpoints: Uint8Array[];
  readonly notes: string[];
  readonly steps: number[];
}

/** Runs a training, and stops it after a step where one is given. */
async function run(asked: TrainingRequest, stopAfter = Infinity): Promise<Run> {
  const done: Omit<Run, 'outcome'> = { checkpoints: [], notes: [], steps: [] };
  let stop: () => void = () => undefined;
  const hooks: TrainingHooks = {
    onProgress({ step }) {
      done.steps.push(step);
      if (step === stopAfter) stop();
    },
    onCheckpoint: (_, bytes) => void done.checkpoints.push(bytes),
    onNote: (text) => void done.notes.push(text),
    onStop: (given) => {
      stop = given;
    },
  };
  return { ...done, outcome: await trainLstm(asked, hooks) };
}

describe('a training', () => {
  it('that was stopped goes on to the same bytes, from where it was', { timeout: 120_000 }, async () => {
    const whole = await run(request());
    const stopped = await run(request(), 1);
    expect(stopped.outcome.kind).toBe('stopped');
    const checkpoint = stopped.checkpoints.at(-1);
    const resumed = await run(request({ checkpoint }));
    expect(resumed.steps).toEqual([2, 3]);
    const { weights, losses, holdout } = whole.outcome as TrainedModel;
    const again = resumed.outcome as TrainedModel;
    expect(Buffer.compare(again.weights, weights)).toBe(0);
    expect(again.losses).toEqual(losses);
    expect(again.holdout).toEqual(holdout);
    expect(holdout.scores.length).toBe(48);
    expect(Object.keys(holdout.scores[0]?.baselines ?? {}).sort()).toEqual(['ewma-ratio@1', 'seasonal-naive@1']);

    const other = await run(request({ seed: 2, checkpoint }), 1);
    expect(other.notes).toEqual([expect.stringContaining('begins again')]);
    expect(other.steps).toEqual([1]);

    const tuned = await run(request({ kind: 'fine-tune', steps: 1, startFrom: weights, champion: weights }));
    const { holdout: tunedHoldout } = tuned.outcome as TrainedModel;
    expect(tunedHoldout.scores[0]?.champion).toBeCloseTo(holdout.scores[0]?.challenger ?? NaN, 10);
  });

  it('for a demo gives the same bytes from the same seed, and others from another', { timeout: 60_000 }, async () => {
    const small = { preset: 'demo', steps: 2 } as const;
    const [first, again, other] = [await run(request(small)), await run(request(small)), await run(request({ ...small, seed: 2 }))];
    const bytes = ({ outcome }: Run): Uint8Array => (outcome as TrainedModel).weights;
    expect(Buffer.compare(bytes(first), bytes(again))).toBe(0);
    expect(Buffer.compare(bytes(first), bytes(other))).not.toBe(0);
    // Small: a fifth of what serves.
    expect(bytes(first).byteLength).toBeLessThan(24_000);
  });

  it('of streams that are too short is refused with how long they must be', async () => {
    const { outcome } = await run(request({ trainedUntilMs: 1_000 * MINUTE_MS }));
    expect(outcome).toEqual({ kind: 'refused', because: expect.stringMatching(/no stream has 3\d hours of history/) });
  });
});
