/**
 * A training as a job: reads the history, trains, scores on days that nobody has seen, stores the model with its card, and promotes it
 * where the gate lets it through. It may be killed at any moment: the next run goes on from the checkpoint, to the same model. A job that
 * runs twice finds its model there, and promotes nothing that was rolled back since.
 */
import { createHash } from 'node:crypto';
import { SequenceError } from '../../../core/errors.ts';
import { sequenceOfStream } from '../../../core/stream.ts';
import type { SeriesHistory } from '../../../models/contract.ts';
import { judged } from '../../../models/registry/gate.ts';
import {
  CARD_SCHEMA,
  type ModelCard,
  modelId,
  type TrainingData,
  type TrainingKind,
  versionOf,
} from '../../../models/registry/model-card.ts';
import { forgettable } from '../../../models/registry/retention.ts';
import type { Clock, Job, JobHandler, ModelStore } from '../../../pipelines/ports.ts';
import type { Logger } from '../process/logging.ts';
import { cardPage } from './card-page.ts';
import type { HistorySource } from './history-source.ts';
import type { ModelDirectory } from './model-directory.ts';
import type { TrainedModel, Trainer, TrainingRequest } from './trainer.ts';
import { planOf, type TrainingPlan } from './training-plan.ts';

export const LSTM_FAMILY = 'lstm';

/** Said in the log at least so often, for whoever waits. */
const LOG_EVERY_MS = 10_000;
/** A champion is named again before the topic forgets that it was promoted. */
const SAY_AGAIN_MS = 30 * 24 * 3_600_000;
/** The last part of a job's progress is the scoring. */
const TRAINED_SHARE = 0.9;

export interface TrainingJobOptions {
  readonly source: HistorySource;
  readonly store: ModelStore;
  readonly directory: ModelDirectory;
  readonly train: Trainer;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Hears how to stop what runs, and may call it when the process ends. */
  readonly onRunning?: (stop: () => void) => void;
}

/** What a job answers; a refusal to train is an answer and no failure. */
export interface TrainingResult {
  readonly trained: boolean;
  readonly model: string | undefined;
  readonly promoted: boolean;
  readonly because: string;
}

export function trainingJob(options: TrainingJobOptions): JobHandler {
  return async (job, onProgress) => {
    const result = await runTraining(options, job, onProgress);
    options.logger.info({ job: job.id, ...result }, result.trained ? 'a training ended' : 'nothing was trained');
    return result;
  };
}

async function runTraining(options: TrainingJobOptions, job: Job, onProgress: (share: number) => void): Promise<TrainingResult> {
  const { source, store, directory, clock } = options;
  const champion = directory.champion(LSTM_FAMILY);
  const plan = planOf(job.data, { nowMs: clock.nowMs(), champion });
  if (plan.kind === 'fine-tune' && champion === undefined)
    return nothing('no model is in service that could be tuned: train a full one first');
  const all = await source.histories(plan.dataUntilMs);
  const histories = all.filter(({ key }) => plan.sequences?.includes(sequenceOfStream(key)) ?? true);
  const data = dataOf(histories, plan.dataUntilMs);
  const split = data === undefined ? undefined : plan.split(data.fromMs);
  if (data === undefined || split === undefined) return nothing(`the history is too short: ${daysOf(data)} days, at least 2 are needed`);
  const startFrom = plan.kind === 'fine-tune' ? champion?.weights : undefined;
  // With the weights it begins with gone, a job that runs again begins anew; so it does where the champion changed in between.
  const checkpoint = await store.loadCheckpoint(job.id);
  const request: TrainingRequest = {
    kind: plan.kind,
    preset: plan.preset,
    steps: plan.steps,
    seed: plan.seed,
    histories,
    ...split,
    champion: champion?.weights,
    startFrom,
    checkpoint: checkpoint?.bytes,
  };
  const outcome = await trainWatched(options, job, request, onProgress);
  if (outcome.kind === 'refused') {
    await store.dropCheckpoint(job.id);
    return nothing(outcome.because);
  }
  const startedFrom = startFrom === undefined ? null : (champion?.model ?? null);
  const card = cardOf(outcome, { plan, data, split, startedFrom, champion: champion?.model, madeAtMs: clock.nowMs() });
  await store.put({ card, weights: outcome.weights, page: cardPage(card) });
  const result = await promoted(options, card);
  await forgetOld(options);
  await store.dropCheckpoint(job.id);
  onProgress(1);
  return result;
}

/** Runs the trainer; checkpoints are written one after the other, and all of them before this ends. */
async function trainWatched(
  { store, train, logger, onRunning }: TrainingJobOptions,
  job: Job,
  request: TrainingRequest,
  onProgress: (share: number) => void,
) {
  let saving: Promise<void> = Promise.resolve();
  let saidMs = -Infinity;
  const outcome = await train(request, {
    onProgress(progress) {
      const { step, steps, loss, etaMs } = progress;
      onProgress((step / Math.max(1, steps)) * TRAINED_SHARE);
      if (performance.now() - saidMs < LOG_EVERY_MS) return;
      saidMs = performance.now();
      logger.info({ job: job.id, step, steps, loss: Number(loss.toPrecision(4)), etaS: Math.ceil(etaMs / 1_000) }, 'training');
    },
    onCheckpoint(progress, bytes) {
      // A checkpoint that cannot be written costs time after a crash; the training goes on.
      saving = saving
        .then(() => store.saveCheckpoint({ job: job.id, progress, bytes }))
        .catch((error: unknown) => logger.warn({ err: error, job: job.id }, 'a checkpoint was not saved'));
    },
    onNote: (text) => logger.warn({ job: job.id }, text),
    onStop: (stop) => onRunning?.(stop),
  });
  await saving;
  if (outcome.kind === 'stopped') throw new SequenceError('SEQ_CLOSED', 'the process ends; the training goes on from its checkpoint');
  return outcome;
}

/** Puts the model into service where it passed; the champion of that moment is what it is measured against. */
async function promoted({ directory, clock, logger }: TrainingJobOptions, card: ModelCard): Promise<TrainingResult> {
  const { family, version, trainedUntilMs, evaluation } = card;
  const model = modelId(family, version);
  const champion = directory.champion(family);
  const said = (promote: boolean, because: string): TrainingResult => ({ trained: true, model, promoted: promote, because });
  if (champion !== undefined && clock.nowMs() - champion.saidAtMs > SAY_AGAIN_MS) {
    await directory.say({
      family,
      event: 'promoted',
      model: champion.model,
      trainedUntilMs: champion.trainedUntilMs,
      because: 'still in service',
    });
  }
  if (champion?.model === model) return said(false, 'it is in service already');
  const out = directory.rollBack(family, model);
  if (out !== undefined) return said(false, `it was rolled back: ${out.because}`);
  const { promote, because } = evaluation.verdict;
  if (!promote) return said(false, because);
  await directory.say({ family, event: 'promoted', model, trainedUntilMs, because });
  logger.info({ model, because }, 'a model was promoted');
  return said(true, because);
}

async function forgetOld({ store, directory, logger }: TrainingJobOptions): Promise<void> {
  const kept = (await store.list()).map(({ family, version, card }) => ({
    family,
    version,
    madeAtMs: Number((card as Partial<ModelCard> | undefined)?.madeAtMs ?? 0),
  }));
  for (const { family, version } of forgettable(kept, directory.inLine())) {
    await store.remove(family, version);
    logger.info({ model: modelId(family, version) }, 'an old model was removed');
  }
}

interface CardFacts {
  readonly plan: TrainingPlan;
  readonly data: TrainingData;
  readonly split: { readonly trainedUntilMs: number; readonly scoredFromMs: number };
  readonly startedFrom: string | null;
  readonly champion: string | undefined;
  readonly madeAtMs: number;
}

function cardOf(trained: TrainedModel, { plan, data, split, startedFrom, champion, madeAtMs }: CardFacts): ModelCard {
  const { weights, featureSchema, backend, seeds, losses, tookMs, holdout } = trained;
  const sha256 = createHash('sha256').update(weights).digest('hex');
  const kind: TrainingKind = plan.kind;
  return {
    cardSchema: CARD_SCHEMA,
    family: LSTM_FAMILY,
    version: versionOf(sha256),
    sha256,
    weightBytes: weights.byteLength,
    featureSchema,
    trainedUntilMs: split.trainedUntilMs,
    data,
    training: { kind, startedFrom, seeds, steps: plan.steps, tookMs, losses },
    backend,
    madeAtMs,
    evaluation: judged({ ...holdout, champion }),
  };
}

function dataOf(histories: readonly SeriesHistory[], untilMs: number): TrainingData | undefined {
  const [first] = histories;
  if (first === undefined) return undefined;
  let points = 0;
  let outages = 0;
  for (const each of histories) {
    points += each.demand.length;
    for (const outage of each.outages ?? []) outages += outage;
  }
  const fromMs = Math.min(...histories.map(({ startMs }) => startMs));
  return { fromMs, untilMs, binMs: first.binMs, streams: histories.length, points, outages };
}

function daysOf(data: TrainingData | undefined): string {
  return data === undefined ? '0' : ((data.untilMs - data.fromMs) / 86_400_000).toFixed(1);
}

function nothing(because: string): TrainingResult {
  return { trained: false, model: undefined, promoted: false, because };
}
