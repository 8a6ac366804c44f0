/**
 * The expert thread: answers the questions of one forecaster, one after the other, beside the thread that gives out values. Entry of a
 * worker thread; loaded from `dist/`.
 */
import { constants, setPriority } from 'node:os';
import { performance } from 'node:perf_hooks';
import { type MessagePort, parentPort } from 'node:worker_threads';
import { assert } from '../../../core/assertion.ts';
import type { SeriesForecaster } from '../../../models/contract.ts';
import { EXPERT_FAMILIES, type ExpertFamily } from '../../../models/mixture/expert-voices.ts';
import type { FromExpertThread, ToExpertThread } from './expert-words.ts';
import { FittedModels } from './fitted-models.ts';

/** Each is loaded when it is first needed: TensorFlow alone takes a hundred megabytes. */
async function forecasterOf(family: ExpertFamily): Promise<SeriesForecaster> {
  switch (family) {
    case 'lstm':
      return new (await import('../../../models/lstm/lstm-forecaster.ts')).LstmForecaster();
    case 'ets':
      return (await import('../../../models/ets/ets-forecaster.ts')).ets();
    case 'arima':
      return (await import('../../../models/arima/arima-forecaster.ts')).arima();
    case 'prophet':
      return (await import('../../../models/prophet/prophet-forecaster.ts')).prophet();
  }
}

function serve(port: MessagePort): void {
  const models = new FittedModels(forecasterOf, () => performance.now());
  const tell = (word: FromExpertThread): void => port.postMessage(word);
  let working = Promise.resolve();
  port.on('message', (word: ToExpertThread) => {
    working = working.then(() => work(models, word, tell));
  });
}

async function work(models: FittedModels, word: ToExpertThread, tell: (word: FromExpertThread) => void) {
  if (word.kind === 'ask') {
    const { id, question } = word;
    try {
      const answers = await models.answer(question);
      tell({ kind: 'answered', id, ...answers });
    } catch (error) {
      tell({ kind: 'failed', id, message: messageOf(error) });
    }
    return;
  }
  const { version, bytes } = word;
  const family = EXPERT_FAMILIES.find((each) => each === word.family);
  if (family === undefined) return;
  try {
    await models.serve(family, bytes);
    if (bytes !== undefined) tell({ kind: 'serving', family, version });
  } catch (error) {
    tell({ kind: 'unusable', family, version, message: messageOf(error) });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

assert(parentPort !== null, 'this file is the entry of a worker thread');
// Linux has priorities by thread: whoever gives out values goes first. Elsewhere this would slow the whole process down.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
serve(parentPort);
