/** Promises of the sizing rule: each can be kept and missed, and a miss says what is known of it. */
import { describe, expect, test } from 'vitest';
import { measuredCell } from '../../../backtest/figures/measured-cell.ts';
import { againstTuned, type Cell, noStalls, survival } from '../../../backtest/figures/promised.ts';
import { sizingPage } from '../../../backtest/figures/sizing-page.ts';
import { PROMISED_TRACES, verdictsOn } from '../../../backtest/figures/traces-and-promises.ts';
import type { StreamResult } from '../../../backtest/harness/result.ts';
import { batch } from '../../../backtest/traces/generators.ts';

const RESULT: StreamResult = {
  policy: 'seqcast',
  stream: 'batch',
  leadTime: '0.5 s',
  rideThroughS: 0,
  seconds: 3_600,
  demanded: 1_000_000,
  stalled: 5,
  stalledAtFirst: 5,
  lost: 0,
  waitS: { p50: 0, p99: 0, p999: 0, max: 0.5 },
  orders: 50,
  returns: 0,
  meanIdle: 1_000,
  maxIdle: 2_000,
  autonomyMinutes: { mean: 1, min: 0 },
  outages: [],
  burntAtCrash: 1_000,
  burntAtStop: 0,
};

function cell(results: Record<string, Partial<StreamResult>>, rideThroughS = 0): Cell {
  const full = Object.fromEntries(Object.entries(results).map(([name, result]) => [name, { ...RESULT, ...result }]));
  return { trace: 'batch', leadTimeS: 0.5, rideThroughS, results: full, leadDemandMax: 500 };
}

describe('a promise', () => {
  test('forgives the stalls of the first order and no others', () => {
    expect(noStalls(cell({ seqcast: {} }))?.kept).toBe(true);
    expect(noStalls(cell({ seqcast: { stalled: 6 } }))).toMatchObject({ kept: false, seen: 1 });
  });

  test('holds the rule to a tuned opponent, unless that one has collapsed', () => {
    const held = { seqcast: {}, 'tuned (s, Q)': { meanIdle: 800 } };
    expect(againstTuned(cell(held))).toMatchObject([{ kept: false, seen: 1_000 }]);
    expect(againstTuned(cell({ ...held, 'tuned (s, Q)': { meanIdle: 950 } }))).toMatchObject([{ kept: true }]);
    expect(againstTuned(cell({ ...held, 'tuned (s, Q)': { meanIdle: 10, stalled: 20_000 } }))).toEqual([]);
  });

  test('says so where an opponent that holds less stalls more', () => {
    const [verdict] = againstTuned(cell({ seqcast: {}, 'tuned static': { meanIdle: 800, stalled: 300 } }));
    expect(verdict?.why).toBe('it stalls 300 ppm there');
  });

  test('counts outages survived from below and idle stock from above', () => {
    const outages = [{ outageS: 60, asked: 1_000, survived: 998, stalledShare: 0 }];
    const bounds = { figure: 'R2', policy: 'insured', survivedPercentMin: 99.9, idleOf: { policy: 'foresight', factor: 1.75 } } as const;
    const verdicts = survival(cell({ insured: { outages }, foresight: { meanIdle: 600 } }, 60), bounds);
    expect(verdicts.map(({ kept, seen }) => [kept, Math.round(seen * 100) / 100])).toEqual([
      [false, 99.8],
      [true, 1.67],
    ]);
  });
});

// Two weeks second by second, twice: some seconds where nothing else runs.
test('an hourly job keeps every promise of half a second, but for what foresight without returns would hold', { timeout: 60_000 }, () => {
  const promised = PROMISED_TRACES.find(({ name }) => name === 'batch');
  if (promised === undefined) throw new Error('the trace is gone');
  const cells = [0, 60].map((rideThroughS) => measuredCell(batch(), { leadTimeS: 0.5, rideThroughS }));
  const verdicts = cells.flatMap((each) => verdictsOn(promised, each));
  const missed = verdicts.filter(({ kept }) => !kept);
  expect(verdicts.length).toBeGreaterThan(8);
  expect(missed.map(({ figure }) => figure)).toEqual(['idle stock near foresight, without returns']);
  expect(missed[0]?.why).toContain('returns take it back');
  const page = sizingPage({ command: 'c', commit: 'abc', node: 'v20', cells, verdicts });
  expect(page).toContain(`${verdicts.length - 1} of ${verdicts.length} kept`);
  expect(page).toContain('| batch, T = 60 |');
});
