/** The backtest's HTML page: complete, self-contained, safe with names that callers chose, and the same for the same report. */
import { describe, expect, test } from 'vitest';
import type { StreamResult } from '../../../backtest/harness/result.ts';
import type { BacktestReport, LeaderboardRow, StreamHistory } from '../../../backtest/report/backtest-report.ts';
import { reportHtml } from '../../../backtest/report/html/page.ts';

const NASTY = 'orders/<script>alert(1)</script>/"shop"';

const RESULT: StreamResult = {
  policy: 'seqcast',
  stream: NASTY,
  leadTime: '500 ms',
  rideThroughS: 60,
  seconds: 86_400,
  demanded: 1_000_000,
  stalled: 250,
  stalledAtFirst: 0,
  lost: 100,
  waitS: { p50: 0, p99: 0, p999: 0.25, max: 0.5 },
  orders: 1_200,
  returns: 12,
  meanIdle: 2_000,
  maxIdle: 9_000,
  autonomyMinutes: { mean: 2.5, min: 0.5 },
  outages: [{ outageS: 60, asked: 1_000, survived: 999, stalledShare: 0.001 }],
  burntAtCrash: 2_100,
  burntAtStop: 0,
};

function row(policy: string, group: LeaderboardRow['group'], meanIdle: number): LeaderboardRow {
  return {
    policy,
    group,
    leadTime: '500 ms',
    rideThroughS: 60,
    result: { ...RESULT, policy, meanIdle },
    onOperationsFront: true,
    onAutonomyFront: false,
  };
}

const HISTORY: StreamHistory = {
  stream: NASTY,
  policy: 'seqcast',
  startMs: Date.UTC(2024, 0, 1),
  spanS: 60,
  demand: [5, 7, 900],
  demandPeak: [9, 12, 1_200],
  stock: [500, 450, 0],
  stockMin: [400, 300, 0],
  reorderPoint: [200, 210, 220],
  stalled: [0, 0, 250],
};

const REPORT: BacktestReport = {
  manifest: {
    version: '0',
    from: 'a&b.csv',
    dataSha256: 'ab'.repeat(32),
    seeds: { arrivals: 11 },
    models: {},
    settings: { trainShare: 0.6 },
  },
  repairs: ['3 lines out of order were sorted'],
  streams: [{ name: NASTY, seconds: 86_400, demanded: 1_000_000 }],
  split: { trainedUntilMs: Date.UTC(2024, 0, 1), gapS: 0, countedFromMs: Date.UTC(2024, 0, 1), untilMs: Date.UTC(2024, 0, 2), origins: 1 },
  leaderboard: [row('seqcast', 'seqcast', 2_000), row('Leaf', 'rival', 40_000), row('constant (s, Q)', 'tuned', 1_000)],
  sweep: [],
  worth: [
    {
      leadTime: '500 ms',
      rideThroughS: 60,
      withForecast: RESULT,
      withoutForecast: { ...RESULT, meanIdle: 4_000 },
      idleSavedShare: 0.5,
      stalledPpmMore: 1,
    },
  ],
  histories: [HISTORY],
  worstHours: [{ ...HISTORY, spanS: 1 }],
  calibration: [{ horizonS: 60, level: 0.99, covered: 0.985, count: 1_000 }],
  weights: [{ stream: NASTY, startMs: 0, spanS: 60, experts: { lstm: [0.2, 0.4], ets: [0.8, 0.6] } }],
  advice: [
    {
      stream: NASTY,
      valuesPerDay: 1_000_000,
      poolKind: 'throughput',
      because: 'many small requests',
      reasons: ['many small requests'],
      serviceLevel: { targetStallsPpm: 10, rideThroughS: 60, rideThroughClass: 'expected' },
      forecastError: 0.2,
      unforecastable: false,
      exhaustion: [{ level: 0.5, atMs: Date.UTC(2030, 0, 1) }],
    },
  ],
};

describe('the backtest page', () => {
  test('says who held how much, and does not hide a rival that holds less', async () => {
    const page = await reportHtml(REPORT);
    expect(page).toContain('Leaf at a lead time of 500 ms: 20.0 times the idle stock of seqcast');
    expect(page).toContain('constant (s, Q) at a lead time of 500 ms: only 0.50 times the idle stock of seqcast');
    expect(page).toContain('The forecast saved 50.0 % of idle stock');
    expect(page).toContain('3 lines out of order were sorted');
    expect(page).toContain('60 s: 99.90 %');
  });

  test('draws every figure into the page and fetches nothing', async () => {
    const page = await reportHtml(REPORT);
    // Two fronts, a history, its worst hour, calibration and weights.
    expect(page.match(/<svg /g)).toHaveLength(6);
    const addresses = (page.match(/https?:\/\/[^"' )<]+/g) ?? []).filter((each) => !each.startsWith('http://www.w3.org/'));
    expect(addresses).toEqual([]);
    expect(page).not.toMatch(/<(script|link|img|iframe)\b/);
  });

  test('shows names as text whatever they contain', async () => {
    const page = await reportHtml(REPORT);
    expect(page).not.toContain('<script>');
    expect(page).toContain('alert(1)');
  });

  test('is the same text for the same report', async () => {
    expect(await reportHtml(REPORT)).toBe(await reportHtml(REPORT));
  });
});
