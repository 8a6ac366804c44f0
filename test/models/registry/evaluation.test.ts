/** Models are scored on what came after their origins, in units of each stream, without what nobody saw. */
import { describe, expect, it } from 'vitest';
import type { FittedForecaster, LeadGrid, SeriesHistory } from '../../../models/contract.ts';
import { scoredHoldout } from '../../../models/registry/evaluation.ts';

const MINUTE_MS = 60_000;
const DAY = 100;
const GRID: LeadGrid = { leadsMs: [MINUTE_MS, 5 * MINUTE_MS], levels: [0.5, 0.95], of: 'total' };

function history(key: string, demandAt: (bin: number) => number, bins = 5 * DAY): SeriesHistory {
  return { key, binMs: MINUTE_MS, startMs: 0, demand: Float64Array.from({ length: bins }, (_, bin) => demandAt(bin)) };
}

/** Says `factor` times the true rate of 10 a bin, at every level; refuses what `refuses` names. */
function oracle(factor: number, refuses = ''): FittedForecaster & { readonly asked: number[] } {
  const asked: number[] = [];
  return {
    id: 'oracle',
    asked,
    predict: async (histories, { leadsMs, levels }) =>
      histories.map(({ key, demand }) => {
        asked.push(demand.length);
        if (key === refuses) return { model: 'oracle', refused: 'too-short', detail: '' };
        const quantiles = Float64Array.from(leadsMs.flatMap((lead) => levels.map(() => (factor * 10 * lead) / MINUTE_MS)));
        return { model: 'oracle', originMs: 0, ratePerSecond: 0, quantiles };
      }),
    save: () => new Uint8Array(),
  };
}

const ZIGZAG = (bin: number): number => (Math.floor(bin / DAY) % 2 === 0 ? 9 : 11);

function scored(histories: readonly SeriesHistory[], challenger: FittedForecaster, champion?: FittedForecaster) {
  const contenders = { challenger, champion, baselines: { naive: oracle(2) } };
  return scoredHoldout({ histories, fromMs: 4 * DAY * MINUTE_MS, grid: GRID, dayBins: DAY, contenders });
}

describe('a holdout', () => {
  it('scores origins in it alone, and shows models nothing later', async () => {
    const challenger = oracle(1);
    const { scores, fromMs, untilMs, leftOut } = await scored([history('s/web/a', ZIGZAG)], challenger);
    expect(scores.length).toBe(48);
    expect(challenger.asked.every((bins) => bins >= 4 * DAY && bins < 5 * DAY)).toBe(true);
    expect([fromMs, untilMs, leftOut]).toEqual([4 * DAY * MINUTE_MS, 5 * DAY * MINUTE_MS, 0]);
  });

  it('gives less loss to the better model, and the champion’s where there is one', async () => {
    const { scores } = await scored([history('s/web/a', ZIGZAG)], oracle(1), oracle(1.5));
    for (const { challenger, champion, baselines } of scores) {
      expect(challenger).toBeLessThan(champion);
      expect(champion).toBeLessThan(baselines.naive ?? 0);
    }
    const { scores: alone } = await scored([history('s/web/a', ZIGZAG)], oracle(1));
    expect(alone.every(({ champion }) => Number.isNaN(champion))).toBe(true);
  });

  it('counts large and small streams alike', async () => {
    const large = history('s/web/large', (bin) => 1_000 * ZIGZAG(bin));
    const small = history('s/web/small', ZIGZAG);
    const { scores } = await scored([large, small], oracle(0));
    const lossOf = (stream: string): number => scores.find((score) => score.stream === stream)?.challenger ?? NaN;
    expect(lossOf('s/web/large')).toBeCloseTo(lossOf('s/web/small'), 6);
  });

  it('leaves out what an outage touches', async () => {
    const whole = history('s/web/a', ZIGZAG);
    const outages = new Uint8Array(5 * DAY);
    outages.fill(1, 4 * DAY + 20, 4 * DAY + 60);
    const broken = { ...whole, demand: whole.demand.map((demand, bin) => (outages[bin] === 1 ? 0 : demand)), outages };
    const { scores } = await scored([broken], oracle(0.5));
    expect(scores.length).toBeLessThan(48);
    expect(scores.length).toBeGreaterThan(20);
    expect(scores.every(({ atMost, outcomes }) => atMost === 0 && outcomes > 0)).toBe(true);
  });

  it('leaves out streams without variation, too short ones, and those that a model refuses, and counts them', async () => {
    const histories = [
      history('s/web/a', ZIGZAG),
      history('s/web/constant', () => 4),
      history('s/web/young', ZIGZAG, 3),
      history('s/web/refused', ZIGZAG),
    ];
    const { scores, leftOut } = await scored(histories, oracle(1, 's/web/refused'));
    expect(new Set(scores.map(({ stream }) => stream))).toEqual(new Set(['s/web/a']));
    expect(leftOut).toBe(3);
  });

  it('takes an outcome on the quantile for both below and covered', async () => {
    const { scores } = await scored([history('s/web/a', (bin) => (bin < 4 * DAY ? ZIGZAG(bin) : 10))], oracle(1));
    expect(scores.every(({ below, atMost, outcomes }) => below === 0 && atMost === outcomes)).toBe(true);
  });

  it('tells stretches of time apart by the longest lead', async () => {
    const { scores } = await scored([history('s/web/a', ZIGZAG)], oracle(1));
    expect(Math.max(...scores.map(({ block }) => block))).toBe(DAY / 5 - 1);
  });
});
