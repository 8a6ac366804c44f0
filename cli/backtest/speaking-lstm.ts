/**
 * An LSTM that takes part in a backtest: one that was trained before, or one that is trained now, on the part of the demand that rules may
 * be tuned on and nothing later. What it says of each minute is made from what came before that minute.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { minuteHistory, voicesFrom } from '../../backtest/closed-loop/minute-histories.ts';
import type { BacktestPlan } from '../../backtest/orchestration/backtest.ts';
import { splitsOf, wholeSplit } from '../../backtest/orchestration/splits.ts';
import { type DemandSet, wholeOf } from '../../backtest/sources/demand-source.ts';
import { SequenceError } from '../../core/errors.ts';
import type { LeadGrid } from '../../models/contract.ts';
import { FittedLstm, LstmForecaster } from '../../models/lstm/lstm-forecaster.ts';
import { FULL_PLAN } from '../../models/lstm/plan.ts';
import { LIVE_SPEC } from '../../models/lstm/spec.ts';
import type { CliContext } from '../cli-context.ts';
import type { BacktestOptions } from './options.ts';

const FAMILY = 'lstm';
/** A few minutes on a core; what more steps gain is less than what another seed does. */
const STEPS = 800;
const SAID_EVERY_STEPS = 100;
const GRID: LeadGrid = { leadsMs: LIVE_SPEC.leadsBins.map((bins) => bins * LIVE_SPEC.binMs), levels: LIVE_SPEC.levels, of: 'total' };
const SEASONS_BINS = [1_440, 10_080];

/** The part of a plan that says which model speaks, and what it says. */
export async function speakingLstm(
  cli: CliContext,
  set: DemandSet,
  options: BacktestOptions & { readonly lstm: string },
): Promise<Pick<BacktestPlan, 'models' | 'speak'>> {
  const isTrainedNow = options.lstm === 'train';
  const fitted = isTrainedNow ? await trained(cli, set, options) : read(options.lstm);
  const { trainedUntilMs } = fitted.weights;
  const sha256 = createHash('sha256').update(fitted.save()).digest('hex');
  return {
    models: { [fitted.id]: sha256 },
    async speak(source, fromS) {
      const fromMs = source.startMs + fromS * 1_000;
      // What is trained now has seen of each stream no more than may be tuned on, whenever that ended.
      if (!isTrainedNow && trainedUntilMs > fromMs) {
        const [until, from] = [trainedUntilMs, fromMs].map((ms) => new Date(ms).toISOString());
        const message = `--lstm: it was trained on demand until ${until}, and ${source.name} is counted from ${from}: it would know what comes`;
        throw new SequenceError('SEQ_MODEL_INVALID', `${message}; give a larger --train-share, or \`--lstm train\``);
      }
      const voices = await voicesFrom(await wholeOf(source), fromS, { family: FAMILY, fitted, grid: GRID });
      if (voices === undefined) cli.err.write(`${source.name}: the LSTM says nothing of it, its history is too short\n`);
      return voices === undefined ? [] : [voices];
    },
  };
}

async function trained(cli: CliContext, set: DemandSet, options: BacktestOptions): Promise<FittedLstm> {
  const { trainShare, gap: gapS, seed } = options;
  const histories = [];
  for (const source of set.streams) {
    const { trainedUntilS } = wholeSplit(splitsOf(source.name, source.seconds, { trainShare, gapS, origins: 1 }));
    histories.push(minuteHistory(await wholeOf(source), trainedUntilS));
  }
  const watch = {
    nowMs: () => performance.now(),
    onStep: ({ step, steps, ms }: { step: number; steps: number; ms: number }) => {
      if (step % SAID_EVERY_STEPS === 0)
        cli.err.write(`LSTM: step ${step} of ${steps}, about ${Math.ceil(((steps - step) * ms) / 1_000)} s left\n`);
    },
  };
  const forecaster = new LstmForecaster({ spec: LIVE_SPEC, plan: { ...FULL_PLAN, steps: STEPS }, watch });
  const fitted = await forecaster.fit(histories, { seasonsBins: SEASONS_BINS, seed, grid: GRID });
  if (fitted instanceof FittedLstm) return fitted;
  const why = 'refused' in fitted ? fitted.detail : 'it was not fitted';
  throw new SequenceError('SEQ_CONFIG_INVALID', `--lstm train: ${why}; leave it out, or give a longer history`);
}

function read(file: string): FittedLstm {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new SequenceError(
      'SEQ_CONFIG_INVALID',
      `--lstm: ${file} cannot be read; give a file of a trained model, or \`train\``,
      {},
      { cause: error },
    );
  }
  const fitted = new LstmForecaster({ spec: LIVE_SPEC }).load(bytes);
  if (fitted instanceof FittedLstm) return fitted;
  throw new SequenceError('SEQ_MODEL_INVALID', `--lstm: ${file} is no LSTM`);
}
