/** The thread that runs the ARIMA package: its WebAssembly keeps arrays on a stack of 64 KB, and is useless after one overflow. */
import ARIMA from 'arima';
import { serveTasks } from '../threads/thread-tasks.ts';
import type { ArimaForecast, ArimaTask } from './arima-messages.ts';

/**
 * Its optimiser BFGS. The one it takes by default, with limited memory, is twice as slow and lets one fit in ten explode; on 35
 * hourly series BFGS failed on none.
 */
const BFGS = 5;

/** The package reads the series anew at each forecast, but has no words for giving it another: its weights are kept, these change. */
interface Refilterable {
  ts: Uint8Array;
}

serveTasks((task: ArimaTask): readonly ArimaForecast[] => {
  const model = new ARIMA({ ...task.order, optimizer: BFGS, verbose: false });
  try {
    model.train(Array.from(task.fittedTo));
    return task.windows.map((window) => {
      (model as unknown as Refilterable).ts = new Uint8Array(window.slice().buffer);
      const [means, variances] = model.predict(task.bins);
      return { means: Float64Array.from(means), variances: Float64Array.from(variances) };
    });
  } finally {
    model.destroy();
  }
});
