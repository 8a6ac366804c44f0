/** The thread that runs Prophet: `@bsull/augurs`, with the optimiser of Stan compiled to WebAssembly. Nothing in it draws a number. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { initSync, Prophet } from '@bsull/augurs/prophet';
import { optimizer } from '@bsull/augurs-prophet-wasmstan';
import { serveTasks } from '../threads/thread-tasks.ts';
import { inColumnOrder, type Optimize } from './column-order.ts';
import type { ProphetTask } from './prophet-messages.ts';

// The package fetches its module by URL, which Node does not do for files: it is read instead.
const script = createRequire(import.meta.url).resolve('@bsull/augurs/prophet');
initSync({ module: readFileSync(new URL('./prophet_bg.wasm', pathToFileURL(script))) });

/** The optimiser draws its own seed where none is given. */
const SEEDED = { seed: 1, chain: 1 };
const optimize = inColumnOrder(optimizer.optimize as unknown as Optimize);
const OFF = { type: 'manual', enabled: false } as const;

serveTasks(({ times, values, seasons, at }: ProphetTask): Float64Array => {
  const prophet = new Prophet({
    optimizer: { optimize },
    dailySeasonality: OFF,
    weeklySeasonality: OFF,
    yearlySeasonality: OFF,
    uncertaintySamples: 0,
  });
  try {
    for (const { periodDays, waves } of seasons) prophet.addSeasonality(`${periodDays} days`, { period: periodDays, fourierOrder: waves });
    prophet.fit({ ds: Array.from(times), y: values }, SEEDED);
    // Its sums follow the hash map's order too: seven digits are the same in any.
    return Float64Array.from(prophet.predict({ ds: Array.from(at) }).yhat.point, Math.fround);
  } finally {
    prophet.free();
  }
});
