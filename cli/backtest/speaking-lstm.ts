/**
 * An LSTM that takes part in a backtest: one that was trained before, or one that is trained now, on the part of the demand that rules may
 * be tuned on and nothing later. What it says of each minute is made from what came before that minute.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { BacktestPlan } from '../../backtest/orchestration/backtest.ts';
import { splitsOf, wholeSplit } from '../../backtest/orchestration/splits.ts';
import { loadedLiveLstm, speakingLstmOf, trainedLiveLstm } from '../../backtest/policies/live-lstm.ts';
import { minuteHistory, voicesFrom } from '../../backtest/policies/minute-histories.ts';
import { type DemandSet, wholeOf } from '../../backtest/sources/demand-source.ts';
import { SequenceError } from '../../core/errors.ts';
import type { FittedLstm } from '../../models/lstm/lstm-forecaster.ts';
import type { CliContext } from '../cli-context.ts';
import type { BacktestOptions } from './options.ts';

const SAID_EVERY_STEPS = 100;

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
      const voices = await voicesFrom(await wholeOf(source), fromS, speakingLstmOf(fitted));
      if (voices === undefined)
        cli.err.write(`${source.name}: the LSTM says nothing of it: its history is too short, or the model was made for other bins\n`);
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
  const fitted = await trainedLiveLstm(histories, {
    seed,
    nowMs: () => performance.now(),
    onStep: ({ step, steps, ms }) => {
      if (step % SAID_EVERY_STEPS !== 0) return;
      cli.err.write(`LSTM: step ${step} of ${steps}, about ${Math.ceil(((steps - step) * ms) / 1_000)} s left\n`);
    },
  });
  if (typeof fitted !== 'string') return fitted;
  throw new SequenceError('SEQ_CONFIG_INVALID', `--lstm train: ${fitted}; leave it out, or give a longer history`);
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
  return loadedLiveLstm(bytes);
}
