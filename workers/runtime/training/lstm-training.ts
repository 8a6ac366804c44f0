/**
 * Trains the LSTM for live streams and scores it, in the training thread. Everything that decides the weights is in the request: the same
 * request gives the same bytes, whether it ran through or went on from a checkpoint.
 */
import { performance } from 'node:perf_hooks';
import type { FittedForecaster, LeadGrid, SeriesHistory } from '../../../models/contract.ts';
import { decodeCheckpoint, encodeCheckpoint, type LstmCheckpoint } from '../../../models/lstm/checkpoint.ts';
import { LstmForecaster } from '../../../models/lstm/lstm-forecaster.ts';
import { LostTraining, type ModelTrainingEnd, trainModel } from '../../../models/lstm/model-training.ts';
import { FINE_TUNE_PLAN, type TrainingPlan } from '../../../models/lstm/plan.ts';
import { PRESETS } from '../../../models/lstm/presets.ts';
import { type LstmSpec, trainingBinsMin } from '../../../models/lstm/spec.ts';
import { decodeWeights, encodeWeights, type LstmWeights } from '../../../models/lstm/weights.ts';
import { type HoldoutScores, historyUntil, scoredHoldout } from '../../../models/registry/evaluation.ts';
import { type LossPoint, thinnedLosses } from '../../../models/registry/model-card.ts';
import { ewmaRatio } from '../../../models/series/ewma-ratio-series.ts';
import { seasonalNaive } from '../../../models/series/naive.ts';
import type { TrainingProgress } from '../../../pipelines/ports.ts';
import type { TrainingHooks, TrainingOutcome, TrainingRequest } from './trainer.ts';
import { decodePosition, encodePosition, trainingDigest } from './training-checkpoint.ts';

/** State is copied out every few steps, and told on where the last time is long enough ago: a kill costs seconds. */
const CHECKPOINT_STEPS = 5;
const CHECKPOINT_EVERY_MS = 2_000;
/** Steps that the shown loss and the expected end are means of. */
const RECENT_STEPS = 20;
/** Streams that are scored: the largest, and as many of the others, so that scoring takes seconds. */
const SCORED_LARGEST = 64;
const SCORED_OTHERS = 64;

interface Training {
  readonly spec: LstmSpec;
  readonly seeds: readonly number[];
  readonly plan: Omit<TrainingPlan, 'seed'>;
  readonly from: LstmWeights | undefined;
  readonly seen: readonly SeriesHistory[];
  readonly digest: string;
}

/** Where a training stands. */
interface Position {
  readonly network: LstmCheckpoint | undefined;
  readonly losses: LossPoint[];
  readonly tookMs: number;
}

export async function trainLstm(request: TrainingRequest, hooks: TrainingHooks): Promise<TrainingOutcome> {
  const training = trainingOf(request);
  const { spec, seen, seeds } = training;
  if (seen.length === 0) {
    const needed = ((trainingBinsMin(spec) * spec.binMs) / 3_600_000).toFixed(0);
    return { kind: 'refused', because: `no stream has ${needed} hours of history before the days that are kept back` };
  }
  const position = positionOf(training, request, hooks);
  const startMs = performance.now();
  const tookMs = (): number => Math.round(position.tookMs + performance.now() - startMs);
  try {
    const end = await runFrom(training, position, tookMs, hooks);
    if (end.kind === 'stopped') return { kind: 'stopped' };
    const trainedMs = tookMs();
    const weights = encodeWeights(end.weights);
    return {
      kind: 'trained',
      weights,
      featureSchema: `lstm-${spec.featureSchema}`,
      backend: `${end.backend.name} (${end.backend.why})`,
      seeds,
      losses: thinnedLosses(position.losses),
      tookMs: trainedMs,
      holdout: await scored(spec, weights, request),
    };
  } catch (error) {
    if (error instanceof LostTraining) return { kind: 'refused', because: error.message };
    throw error;
  }
}

function trainingOf({ kind, preset, steps, seed, histories, trainedUntilMs, startFrom }: TrainingRequest): Training {
  const from = startFrom === undefined ? undefined : decodeWeights(startFrom);
  const spec = from?.spec ?? PRESETS[preset].spec;
  const { seed: _, ...defaults } = kind === 'full' ? PRESETS[preset].plan : FINE_TUNE_PLAN;
  const plan = { ...defaults, steps };
  const seeds = Array.from({ length: from?.members.length ?? 1 }, (_, member) => seed + member);
  const seen = histories
    .map((history) => historyUntil(history, trainedUntilMs))
    .filter(({ demand }) => demand.length >= trainingBinsMin(spec));
  return { spec, seeds, plan, from, seen, digest: trainingDigest({ spec, seeds, plan }, seen, startFrom) };
}

/** Where the checkpoint stands, or the beginning. */
function positionOf({ digest }: Training, { checkpoint }: TrainingRequest, hooks: TrainingHooks): Position {
  const found = checkpoint === undefined ? undefined : decodePosition(digest, checkpoint);
  if (found !== undefined) {
    const { losses, tookMs } = found.position;
    return { network: decodeCheckpoint(found.network), losses: [...losses], tookMs };
  }
  if (checkpoint !== undefined) hooks.onNote('the checkpoint is of other data than there is now: the training begins again');
  return { network: undefined, losses: [], tookMs: 0 };
}

function runFrom(
  { spec, seeds, plan, from, seen, digest }: Training,
  { network, losses }: Position,
  tookMs: () => number,
  hooks: TrainingHooks,
): Promise<ModelTrainingEnd> {
  const recentMs: number[] = [];
  let isStopped = false;
  // The first is handed out at once: then it is seen that there is one.
  let savedAtMs = Number.NEGATIVE_INFINITY;
  let progress: TrainingProgress = { step: 0, steps: plan.steps * seeds.length, loss: NaN, etaMs: NaN };
  hooks.onStop(() => {
    isStopped = true;
  });
  return trainModel(seen, {
    spec,
    seeds,
    plan,
    ...(from !== undefined && { from }),
    ...(network !== undefined && { resume: network }),
    watch: {
      nowMs: () => performance.now(),
      shouldStop: () => isStopped,
      checkpointSteps: CHECKPOINT_STEPS,
      onStep({ step, steps, loss, ms }) {
        losses.push({ step, loss });
        recentMs.push(ms);
        if (recentMs.length > RECENT_STEPS) recentMs.shift();
        const recent = losses.slice(-RECENT_STEPS);
        const stepMs = recentMs.reduce((sum, each) => sum + each, 0) / recentMs.length;
        progress = { step, steps, loss: recent.reduce((sum, each) => sum + each.loss, 0) / recent.length, etaMs: (steps - step) * stepMs };
        hooks.onProgress(progress);
      },
      onCheckpoint(at) {
        if (!isStopped && performance.now() - savedAtMs < CHECKPOINT_EVERY_MS) return;
        savedAtMs = performance.now();
        hooks.onCheckpoint(progress, encodePosition({ training: digest, losses, tookMs: tookMs() }, encodeCheckpoint(at)));
      },
    },
  }).then((end) => {
    if (end.kind === 'stopped') {
      hooks.onCheckpoint(progress, encodePosition({ training: digest, losses, tookMs: tookMs() }, encodeCheckpoint(end.checkpoint)));
    }
    return end;
  });
}

async function scored(spec: LstmSpec, weights: Uint8Array, request: TrainingRequest): Promise<HoldoutScores> {
  const { leadsBins, levels, binMs, seasonsBins } = spec;
  const grid: LeadGrid = { leadsMs: leadsBins.map((bins) => bins * binMs), levels, of: 'total' };
  const { day: dayBins = 1_440, week: weekBins = 10_080 } = seasonsBins;
  const options = { seasonsBins: [dayBins, weekBins], seed: request.seed, grid };
  const lstm = new LstmForecaster();
  const challenger = lstm.load(weights);
  const champion = request.champion === undefined ? undefined : lstm.load(request.champion);
  const baselines: Record<string, FittedForecaster> = {};
  for (const model of [seasonalNaive(), ewmaRatio()]) {
    const fitted = await model.fit([], options);
    if ('predict' in fitted) baselines[model.id] = fitted;
  }
  try {
    const histories = scoredStreams(request.histories);
    return await scoredHoldout({ histories, fromMs: request.scoredFromMs, grid, dayBins, contenders: { challenger, champion, baselines } });
  } finally {
    challenger.dispose?.();
    champion?.dispose?.();
  }
}

/** The largest streams first, as they come, and then some of the others, evenly. */
function scoredStreams(histories: readonly SeriesHistory[]): SeriesHistory[] {
  const others = histories.slice(SCORED_LARGEST);
  const stride = Math.max(1, Math.ceil(others.length / SCORED_OTHERS));
  return [...histories.slice(0, SCORED_LARGEST), ...others.filter((_, index) => index % stride === 0)];
}
