/** A report as a page of Markdown: the leaderboard, lead by lead where there are few, calibration, and what was run on what. */
import type { Metrics } from './metrics.ts';
import type { AccuracyReport, ModelRow } from './report.ts';

export function leaderboard(report: AccuracyReport): string {
  const { task, manifest, models, bestBaseline, standIn } = report;
  return [
    `# Accuracy on ${task.name}`,
    '',
    `${task.series} series, ${task.forecasts} forecasts a model of ${task.leadsMs.length} leads and ${task.levels.length} levels. ` +
      `Test: ${task.test}. Best baseline by WQL: \`${bestBaseline}\`.`,
    '',
    ...table(
      ['model', 'MASE', 'sMAPE', 'WQL', 'ND', 'bias', 'MSIS', 'MASE rel.', 'WQL rel.', 'DM p', 'loss ratio (90 %)'],
      models.map(rankRow),
    ),
    '',
    `*rel.*: divided by \`${standIn}\`'s. *DM p*: Diebold-Mariano against the best baseline on scaled pinball loss. *loss ratio*: pooled pinball`,
    "loss over the best baseline's, with a 90 % interval of a paired bootstrap over series. WQL and ND are pooled over series and leads.",
    '',
    ...leadTables(report),
    '## Calibration',
    '',
    ...table(
      [
        'model',
        ...task.levels.map((level) => `cov ${shownLevel(level)}`),
        ...task.levels.slice(-1).map((level) => `over ${shownLevel(level)}`),
        'interval',
      ],
      models.map(calibrationRow),
    ),
    '',
    '*cov*: share of outcomes at or below the quantile. *over*: mean demand held ready beyond what came, over mean demand.',
    '',
    '## Costs and failures',
    '',
    ...table(
      ['model', 'fits', 'ms a fit', 'ms a forecast', 'refused', 'replaced in the test', 'seeds: MASE, WQL', 'note'],
      models.map(costRow),
    ),
    '',
    `*refused*: origins at which a model said nothing, with its reasons. *replaced*: in the test \`${standIn}\` answered instead.`,
    '',
    '## Run',
    '',
    `\`${manifest.command}\` at commit ${manifest.commit}, seqcast ${manifest.version}, Node ${manifest.node}, seed ${manifest.seed}.`,
    '',
    ...table(
      ['file', 'bytes', 'sha256'],
      manifest.files.map(({ name, bytes, sha256 }) => [name, `${bytes}`, sha256]),
    ),
    '',
  ].join('\n');
}

function rankRow({ model, metrics, relative, againstBaseline }: ModelRow): string[] {
  const ratio = againstBaseline?.lossRatio;
  return [
    `\`${model}\``,
    fixed(metrics.mase, 3),
    fixed(metrics.smape, 2),
    fixed(metrics.wql, 4),
    fixed(metrics.nd, 4),
    fixed(metrics.bias, 3),
    fixed(metrics.intervals[0]?.msis ?? NaN, 2),
    fixed(relative.mase, 3),
    fixed(relative.wql, 3),
    againstBaseline === undefined ? '' : shownP(againstBaseline.dieboldMariano.p, againstBaseline.dieboldMariano.statistic),
    ratio === undefined ? '' : `${fixed(ratio.ratio, 3)} (${fixed(ratio.low, 3)} to ${fixed(ratio.high, 3)})`,
  ];
}

/** One table per level: a row a model, a column a lead. */
function leadTables({ task, models }: AccuracyReport): string[] {
  if (models.every(({ leads }) => leads.length === 0)) return [];
  return [
    '## Lead by lead: WQL (coverage)',
    '',
    ...task.levels.flatMap((level, i) => [
      `### ${shownLevel(level)}`,
      '',
      ...table(
        ['model', ...task.leadsMs.map((leadMs) => `${leadMs / 60_000} min`), 'mean'],
        models.map(({ model, leads }) => [`\`${model}\``, ...leads.map((lead) => levelCell(lead, i)), fixed(meanWql(leads, i), 4)]),
      ),
      '',
    ]),
  ];
}

function levelCell({ levels }: Metrics, i: number): string {
  return `${fixed(levels[i]?.wql ?? NaN, 4)} (${fixed(levels[i]?.coverage ?? NaN, 3)})`;
}

function meanWql(leads: readonly Metrics[], i: number): number {
  return leads.reduce((sum, { levels }) => sum + (levels[i]?.wql ?? NaN), 0) / leads.length;
}

function calibrationRow({ model, metrics }: ModelRow): string[] {
  const { levels, intervals } = metrics;
  const interval = intervals.map((each) => `${shownLevel(each.low)} to ${shownLevel(each.high)}: ${fixed(each.coverage, 3)}`).join(', ');
  const over = levels.at(-1)?.overProvision ?? NaN;
  return [`\`${model}\``, ...levels.map(({ coverage }) => fixed(coverage, 3)), `${fixed(100 * over, 0)} %`, interval];
}

function costRow({ model, cost, refusals, replaced, seedSpread, note }: ModelRow): string[] {
  const reasons = Object.entries(refusals).map(([reason, count]) => `${count} ${reason}`);
  return [
    `\`${model}\``,
    `${cost.fits}`,
    cost.fits === 0 ? '' : shownMs(cost.fitMs / cost.fits),
    cost.predictions === 0 ? '' : shownMs(cost.predictMs / cost.predictions),
    reasons.length === 0 ? '0' : reasons.join(', '),
    `${replaced}`,
    seedSpread === undefined ? '' : `${seedSpread.seeds}: ${range(seedSpread.mase, 3)}, ${range(seedSpread.wql, 4)}`,
    note ?? '',
  ];
}

function range([low, high]: readonly [number, number], digits: number): string {
  return `${fixed(low, digits)} to ${fixed(high, digits)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

function shownP(p: number, statistic: number): string {
  if (Number.isNaN(p)) return 'n/a';
  const sign = statistic < 0 ? 'better' : 'worse';
  return `${p < 0.001 ? '< .001' : fixed(p, 3)} ${sign}`;
}

function shownMs(ms: number): string {
  return ms >= 1_000 ? `${Math.round(ms)}` : ms.toPrecision(2);
}

function shownLevel(level: number): string {
  return `.${`${level}`.slice(2)}`;
}

function fixed(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : 'n/a';
}
