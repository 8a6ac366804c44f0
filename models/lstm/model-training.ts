/**
 * Trains a model: one network for each seed, one after the other, from scratch or from a former model, resumable in between. This is
 * what a training job and `LstmForecaster.fit` call; it starts the backend for the thread that it runs in.
 */
import type { SeriesHistory } from '../contract.ts';
import { type BackendChoice, type RunningBackend, startBackend } from './backend.ts';
import type { LstmCheckpoint } from './checkpoint.ts';
import type { TrainingPlan } from './plan.ts';
import type { LstmSpec } from './spec.ts';
import { LostTraining, startTraining, type TrainingState, train } from './training.ts';
import { invalid, type LstmWeights } from './weights.ts';

export interface ModelTraining {
  readonly spec: LstmSpec;
  readonly seeds: readonly number[];
  readonly plan: Omit<TrainingPlan, 'seed'>;
  readonly backend?: BackendChoice;
  /** Weights to go on from, of the same spec and as many networks: fine-tuning. */
  readonly from?: LstmWeights;
  /** A checkpoint of this same training. */
  readonly resume?: LstmCheckpoint;
  readonly watch: ModelTrainingWatch;
}

export interface ModelTrainingWatch {
  nowMs(): number;
  onStep?(progress: TrainingProgress): void;
  shouldStop?(): boolean;
  readonly checkpointSteps?: number;
  onCheckpoint?(checkpoint: LstmCheckpoint): void;
}

export interface TrainingProgress {
  /** Steps done and to do, over all networks. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly ms: number;
}

export type ModelTrainingEnd =
  | { readonly kind: 'trained'; readonly weights: LstmWeights; readonly backend: RunningBackend }
  | { readonly kind: 'stopped'; readonly checkpoint: LstmCheckpoint };

export { LostTraining };

/** Trains until done, or until it is told to stop: then the checkpoint says where it stands. */
export async function trainModel(histories: readonly SeriesHistory[], training: ModelTraining): Promise<ModelTrainingEnd> {
  const { spec, seeds, plan, from, resume, watch } = training;
  checkOrigins(training);
  const backend = await startBackend(training.backend ?? 'auto');
  const done: Float32Array[] = [...(resume?.done ?? [])];
  let underWay: TrainingState | undefined = resume?.state;
  while (done.length < seeds.length) {
    const member = done.length;
    const seed = seeds[member] as number;
    const checkpoint = (state: TrainingState): LstmCheckpoint => ({ spec, seeds, plan, done: [...done], state });
    const state = await train(spec, histories, { ...plan, seed }, underWay ?? startTraining(spec, seed, from?.members[member]), {
      nowMs: watch.nowMs,
      onStep: ({ step, loss, ms }) => {
        watch.onStep?.({ step: member * plan.steps + step, steps: seeds.length * plan.steps, loss, ms });
      },
      shouldStop: () => watch.shouldStop?.() ?? false,
      ...(watch.checkpointSteps === undefined ? {} : { checkpointSteps: watch.checkpointSteps }),
      onCheckpoint: (at) => watch.onCheckpoint?.(checkpoint(at)),
    });
    if (state.step < plan.steps) return { kind: 'stopped', checkpoint: checkpoint(state) };
    done.push(state.parameters);
    underWay = undefined;
  }
  const weights = { spec, members: done, seeds, steps: plan.steps + (from?.steps ?? 0), trainedUntilMs: newestMs(spec, histories) };
  return { kind: 'trained', weights, backend };
}

/** What to go on from must be of this training: anything else would train something nobody asked for. */
function checkOrigins({ spec, seeds, plan, from, resume }: ModelTraining): void {
  const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
  if (from !== undefined && !same(from.spec, spec)) throw invalid('fine-tuning goes on from weights of another spec');
  if (from !== undefined && from.members.length !== seeds.length) throw invalid('fine-tuning takes a seed for each of its networks');
  if (resume === undefined) return;
  const { spec: formerSpec, seeds: formerSeeds, plan: formerPlan } = resume;
  if (!same([formerSpec, formerSeeds, formerPlan], [spec, seeds, plan])) throw invalid('the checkpoint is of another training');
}

function newestMs(spec: LstmSpec, histories: readonly SeriesHistory[]): number {
  return histories.reduce((newest, { startMs, demand }) => Math.max(newest, startMs + demand.length * spec.binMs), 0);
}
