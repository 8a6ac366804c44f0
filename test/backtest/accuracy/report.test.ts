/** Reports rank models, hold them against the best baseline, and never let a refusal pay. */
import { describe, expect, it } from 'vitest';
import { leaderboard } from '../../../backtest/accuracy/leaderboard.ts';
import { meanTable } from '../../../backtest/accuracy/mean-table.ts';
import { mixtureOf } from '../../../backtest/accuracy/mixture-of.ts';
import { onlineMixture } from '../../../backtest/accuracy/online-mixture.ts';
import { accuracyReport, type ReportedModel } from '../../../backtest/accuracy/report.ts';
import { seededRng } from '../../../core/rng.ts';
import { tableOf, taskByHand } from './tasks-by-hand.ts';

const MANIFEST = { command: 'seqcast bench accuracy', commit: 'abc', version: '0', node: 'v20', seed: 1, files: [] };
const nowMs = () => 0;

/** Two series whose next value is 10 and 20, after a change of one in the training part. */
const task = taskByHand({
  series: [
    [9, 10, 9, 10],
    [19, 20, 19, 20],
  ],
  origins: [3],
  levels: [0.5],
});
const good = tableOf('good@1', [[10.5], [20.5]]);
const fair = tableOf('fair@1', [[11], [21]]);
const poor = tableOf('poor@1', [[15], [25]]);

describe('a report', () => {
  const models: ReportedModel[] = [
    { table: poor, role: 'baseline' },
    { table: good, role: 'mixture' },
    { table: fair, role: 'baseline' },
  ];
  const report = accuracyReport(task, models, poor, MANIFEST);

  it('ranks by WQL and names the best baseline', () => {
    expect(report.models.map(({ model }) => model)).toEqual(['good@1', 'fair@1', 'poor@1']);
    expect(report.bestBaseline).toBe('fair@1');
  });

  it('shows everything relative to the stand-in and to the best baseline', () => {
    expect(report.models.map(({ relative }) => relative.mase)).toEqual([0.1, 0.2, 1]);
    expect(report.models[0]?.againstBaseline).toMatchObject({ against: 'fair@1', lossRatio: { ratio: 0.5, low: 0.5, high: 0.5 } });
    expect(report.models[1]?.againstBaseline).toBeUndefined();
  });

  it('has the stand-in answer for who refuses', () => {
    const refusing = tableOf('refusing@1', [[NaN], [20]]);
    const [row] = accuracyReport(task, [{ table: refusing, role: 'expert' }], poor, MANIFEST).models;
    expect(row).toMatchObject({ replaced: 1 });
    expect(row?.metrics.mase).toBeCloseTo(5 / 2, 12);
  });

  it('shows how far seeds are apart', () => {
    const seeds = [good, poor];
    const [row] = accuracyReport(task, [{ table: meanTable(seeds), role: 'expert', seeds }], poor, MANIFEST).models;
    expect(row?.seedSpread).toMatchObject({ seeds: 2, mase: [0.5, 5] });
    expect(row?.metrics.mase).toBeCloseTo(2.75, 12);
  });

  it('is a page that says what was run', () => {
    const page = leaderboard(report);
    expect(page).toContain('| `good@1` | 0.500 |');
    expect(page).toContain('`seqcast bench accuracy` at commit abc');
  });
});

describe('the mixture of a task', () => {
  it('learns from the origins before the test alone, where each series is forecast once', () => {
    const learnt = taskByHand({ series: [[9, 10, 9, 10, 9, 10]], origins: [3, 5], testFrom: 1, levels: [0.5] });
    const experts = [
      { name: 'right', table: tableOf('right', [[10, 1_000]]), tail: false },
      { name: 'wrong', table: tableOf('wrong', [[40, 10]]), tail: false },
    ];
    const { table, note } = mixtureOf(learnt, experts, nowMs);
    // Right before the test, and trusted in it.
    expect(table.quantiles[0]?.[1]).toBeGreaterThan(900);
    expect(note).toContain('0.5: right');
  });

  it('knows no outcome before its time, where it learns as it goes', () => {
    const rng = seededRng(2);
    const demand = Array.from({ length: 60 }, () => Math.floor(100 * rng.next()));
    const origins = Array.from({ length: 40 }, (_, i) => 10 + i);
    const said = origins.flatMap((t) => [demand[t - 1] ?? 0, demand[t - 1] ?? 0]);
    const mixedOf = (series: readonly number[]) => {
      const lived = taskByHand({ series: [series], origins, leadsBins: [2], of: 'total', levels: [0.5, 0.99], feedback: 'online' });
      const [quantiles] = onlineMixture(lived, [tableOf('a', [said]), tableOf('b', [said.map((each) => 2 * each)])]).quantiles;
      return [...(quantiles ?? [])];
    };
    const changed = demand.map((each, bin) => (bin >= 30 ? each + 500 : each));
    const known = 2 * (30 - 10) + 2;
    expect(mixedOf(changed).slice(0, known)).toEqual(mixedOf(demand).slice(0, known));
    expect(mixedOf(changed).slice(known)).not.toEqual(mixedOf(demand).slice(known));
  });
});
