/** The sizing report as a page: every promise first, those missed with what was seen, then all policies of all cells. */
import { operationsPerHour, stalledPpm, survivedPercent } from '../harness/result.ts';
import type { Cell, Verdict } from './promised.ts';

export interface SizingReport {
  readonly command: string;
  readonly commit: string;
  readonly node: string;
  readonly cells: readonly Cell[];
  readonly verdicts: readonly Verdict[];
}

export function sizingPage({ command, commit, node, cells, verdicts }: SizingReport): string {
  const missed = verdicts.filter(({ kept }) => !kept);
  return [
    '# Sizing: the rule against others, on the same demand',
    `\`${command}\` at ${commit}, Node ${node.replace(/^v/, '')}. Rules warm up and are tuned on the first 60 % of each trace, and are measured on the rest. One value is one request.`,
    '## Promises',
    `${verdicts.length - missed.length} of ${verdicts.length} kept. Where a tuned opponent holds less than 40 values, ratios to it are not judged: the rule never holds less than 32. An opponent that stalls more than 1 % of the measured part has failed, and is not held against the rule.`,
    summaryTable(verdicts),
    '### Missed',
    missed.length === 0 ? 'None.' : verdictTable(missed),
    '## Without a ride-through',
    'Stalls a million / mean idle stock / operations an hour.',
    cellTable(cells.filter(({ rideThroughS }) => rideThroughS === 0)),
    '## With a ride-through',
    'Outages survived, % / mean idle stock / operations an hour, at a lead time of 0.5 s.',
    cellTable(cells.filter(({ rideThroughS }) => rideThroughS > 0)),
    '',
  ].join('\n\n');
}

function summaryTable(verdicts: readonly Verdict[]): string {
  const figures = [...new Set(verdicts.map(({ figure }) => figure))];
  const lines = figures.map((figure) => {
    const own = verdicts.filter((each) => each.figure === figure);
    return `| ${figure} | ${own.filter(({ kept }) => kept).length} of ${own.length} |`;
  });
  return ['| promise | kept |', '|---|---|', ...lines].join('\n');
}

function verdictTable(verdicts: readonly Verdict[]): string {
  const lines = verdicts.map(({ figure, trace, leadTimeS, rideThroughS, seen, bound, unit, why = '' }) => {
    return `| ${figure} | ${trace} | ${leadTimeS} | ${rideThroughS} | ${shown(seen)} | ${shown(bound)} | ${unit} | ${why} |`;
  });
  return ['| promise | trace | L, s | T, s | seen | bound | unit | why |', '|---|---|---|---|---|---|---|---|', ...lines].join('\n');
}

function cellTable(cells: readonly Cell[]): string {
  const names = [...new Set(cells.flatMap(({ results }) => Object.keys(results)))];
  const lines = cells.map(({ trace, leadTimeS, rideThroughS, results }) => {
    const place = rideThroughS > 0 ? `${trace}, T = ${rideThroughS}` : `${trace}, L = ${leadTimeS}`;
    const columns = names.map((name) => {
      const result = results[name];
      if (result === undefined) return '';
      const [outage] = result.outages;
      const first = outage === undefined ? stalledPpm(result).toFixed(0) : survivedPercent(outage).toFixed(2);
      return `${first} / ${shown(result.meanIdle)} / ${operationsPerHour(result).toFixed(0)}`;
    });
    return `| ${place} | ${columns.join(' | ')} |`;
  });
  return [`| | ${names.join(' | ')} |`, `|---|${names.map(() => '---|').join('')}`, ...lines].join('\n');
}

function shown(value: number): string {
  if (Math.abs(value) >= 1e6) return `${(value / 1e6).toFixed(2)}M`;
  if (Math.abs(value) >= 1e4) return `${(value / 1e3).toFixed(1)}k`;
  return value.toFixed(Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : 2);
}
