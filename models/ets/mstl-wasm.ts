/** Starts the decomposition of several seasons (MSTL) with exponential smoothing of what is left, from its WebAssembly package. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { initSync, MSTL } from '@bsull/augurs/mstl';

let isStarted = false;

/** The package fetches its module by URL, which Node does not do for files: it is read instead. */
function start(): void {
  if (isStarted) return;
  const script = createRequire(import.meta.url).resolve('@bsull/augurs/mstl');
  initSync({ module: readFileSync(new URL('./mstl_bg.wasm', pathToFileURL(script))) });
  isStarted = true;
}

export interface MstlForecast {
  readonly means: readonly number[];
  /** Upper end of the interval that holds a share of `level`. */
  readonly upper: readonly number[];
}

/** Throws what the package throws, e.g. for a series that it cannot decompose. */
export function mstlForecast(values: Float64Array, seasons: readonly number[], bins: number, level: number): MstlForecast {
  start();
  const model = MSTL.ets([...seasons]);
  try {
    model.fit(values);
    const { point, intervals } = model.predict(bins, level);
    return { means: point, upper: intervals?.upper ?? point };
  } finally {
    model.free();
  }
}
