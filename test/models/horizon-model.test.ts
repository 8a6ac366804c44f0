import { expect, test } from 'vitest';
import { BIN_MS } from '../../models/forecaster.ts';
import { DemandHistory } from '../../models/history/history.ts';
import { LogRegression } from '../../models/online/log-regression.ts';
import { StreamForecast } from '../../models/stream-forecast.ts';

const HOUR_S = 3_600;

/** What a stream is told of each second, and what it insures against in the end. */
function insuredAfter(seconds: number, rateAt: (second: number) => number, horizonMs: number): number {
  const stream = new StreamForecast();
  stream.watch([horizonMs]);
  for (let second = 0; second < seconds; second++) {
    const demanded = rateAt(second);
    stream.consume({ fromMs: second * 1_000, toMs: (second + 1) * 1_000, demanded, peakPerSecond: demanded });
  }
  return stream.forecasts()[0]?.insured ?? 0;
}

test.each([0, 4, 8])('a crowd that nobody foresaw is insured against in full, though it began %i s into a bin', (late) => {
  const start = 13 * HOUR_S + late;
  const insured = insuredAfter(15 * HOUR_S, (second) => (second >= start && second < start + 60 ? 2_000 : 10), 5_000);
  expect(insured).toBeGreaterThan(5 * 2_000);
  expect(insured).toBeLessThanOrEqual(1.25 * 5 * 2_000);
});

test('a job that comes by the clock does not widen the hours between', () => {
  const history = new DemandHistory();
  const horizonMs = 60_000;
  const regression = new LogRegression(history, horizonMs);
  for (let bin = 0; bin < 20 * 360 + 180; bin++) {
    const demand = bin % 360 < 6 ? 20_000 : 100;
    history.observe(bin * BIN_MS, demand, demand / 10);
    regression.observe();
  }
  // Half past the hour a minute has 600 values; errors of the job's minutes would make it thousands.
  const [upper = 0] = regression.quantiles({ horizonMs, levels: [0.99] });
  expect(upper).toBeGreaterThanOrEqual(600);
  expect(upper).toBeLessThan(1_000);
});
