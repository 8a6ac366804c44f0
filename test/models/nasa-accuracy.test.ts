/**
 * What the mixture is worth on real demand: NASA, July 1995, five minutes ahead, the .99 quantile at each minute after three
 * days. The study's figures for it (July and August, minute bins): mixture and tracker .990 covered, WQL .0151.
 */
import { describe, expect, test } from 'vitest';
import { DemandHistory } from '../../models/history/history.ts';
import { PeakLadder } from '../../models/history/peak-memory.ts';
import { HorizonModel } from '../../models/horizon-model.ts';
import { FittedExpert } from '../../models/mixture/fitted-expert.ts';
import { hasNasa, nasaBins } from './demand.ts';

const HORIZON_MS = 300_000;
const HORIZON_BINS = 30;
const LEVEL = 0.99;
const WARM_BINS = 3 * 8_640;

interface Score {
  readonly id: string;
  readonly coverage: number;
  /** Weighted quantile loss: twice the pinball loss over the demand. */
  readonly wql: number;
}

function scores(): Score[] {
  const bins = nasaBins();
  const history = new DemandHistory();
  const ladder = new PeakLadder(history);
  const model = new HorizonModel(history, ladder, HORIZON_MS);
  // No fitted model speaks here: their slots are silent.
  const forecasters = [...model.mixture.experts.filter((expert) => !(expert instanceof FittedExpert)), model.mixture];
  const covered = new Float64Array(forecasters.length);
  const losses = new Float64Array(forecasters.length);
  let origins = 0;
  let total = 0;
  const query = { horizonMs: HORIZON_MS, levels: [LEVEL] };
  bins.forEach((bin, i) => {
    history.observe(bin.startMs, bin.demand, bin.peakPerSecond);
    ladder.observe();
    model.observe(bin.startMs, bin.demand);
    if (i < WARM_BINS || i % 6 !== 0 || i + HORIZON_BINS >= bins.length) return;
    let demand = 0;
    for (let k = 1; k <= HORIZON_BINS; k++) demand += bins[i + k]?.demand ?? 0;
    origins++;
    total += demand;
    forecasters.forEach((forecaster, k) => {
      const error = demand - (forecaster.quantiles(query)[0] ?? 0);
      if (error <= 0) covered[k] = (covered[k] ?? 0) + 1;
      losses[k] = (losses[k] ?? 0) + 2 * Math.max(LEVEL * error, (LEVEL - 1) * error);
    });
  });
  return forecasters.map(({ id }, k) => ({
    id,
    coverage: (covered[k] ?? 0) / origins,
    wql: (losses[k] ?? 0) / total,
  }));
}

describe.skipIf(!hasNasa)('on the NASA trace (needs ../shared/data/nasa)', () => {
  test('mixture and tracker cover what they say and lose no more than the best single expert', { timeout: 60_000 }, () => {
    const all = scores();
    const mixture = all.at(-1);
    const experts = all.slice(0, -1);
    const table = all.map(({ id, coverage, wql }) => `${id.padEnd(22)} ${coverage.toFixed(4)} ${wql.toFixed(4)}`);
    const shown = ['forecaster             cover  WQL', ...table].join('\n');
    const best = Math.min(...experts.map((expert) => expert.wql));
    const plain = experts.find((expert) => expert.id.startsWith('ewma-ratio'));
    expect(mixture?.coverage, shown).toBeGreaterThan(0.985);
    expect(mixture?.coverage, shown).toBeLessThan(0.995);
    expect(mixture?.wql, shown).toBeLessThan(1.05 * best);
    expect(mixture?.wql, shown).toBeLessThan(0.8 * (plain?.wql ?? 0));
    expect(mixture?.wql, shown).toBeLessThan(0.016);
  });
});
