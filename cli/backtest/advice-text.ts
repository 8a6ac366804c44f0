/** Advice on streams for a terminal: a line each, and the reasons where there are few enough of them to be read. */
import type { StreamAdvice } from '../../backtest/report/backtest-report.ts';
import { compact, duration } from '../demo/figures.ts';
import { type Column, fittedTable } from './columns.ts';

/** More are in the JSON. */
const SHOWN_MAX = 20;
const EXPLAINED_MAX = 3;

export function adviceText(advice: readonly StreamAdvice[], width: number): string {
  if (advice.length === 0) return '';
  const shown = advice.slice(0, SHOWN_MAX);
  const columns: Column<StreamAdvice>[] = [
    { title: 'advice', text: ({ stream }) => stream, leaveOut: 0 },
    { title: 'values/day', text: (row) => compact(row.valuesPerDay), leaveOut: 0 },
    { title: 'pool', text: ({ poolKind }) => poolKind, leaveOut: 0 },
    { title: 'stalls', text: ({ serviceLevel }) => `${serviceLevel.targetStallsPpm} ppm`, leaveOut: 3 },
    {
      title: 'ride-through',
      text: ({ serviceLevel: { rideThroughS, rideThroughClass } }) => `${duration(rideThroughS * 1_000)} ${rideThroughClass}`,
      leaveOut: 0,
    },
    { title: 'forecast', text: (row) => (row.unforecastable ? 'does not pay' : `±${(100 * row.forecastError).toFixed(0)} %`), leaveOut: 2 },
    { title: 'runs out', text: exhaustionText, leaveOut: 1 },
  ];
  const more = advice.length > shown.length ? `${advice.length - shown.length} more streams: see --json\n` : '';
  return `${fittedTable(columns, shown, width)}${more}${reasonsText(advice)}`;
}

function exhaustionText({ exhaustion }: StreamAdvice): string {
  if (exhaustion === undefined) return 'not in a century';
  const date = (level: number): string | undefined => {
    const at = exhaustion.find((each) => each.level === level)?.atMs;
    return at === undefined ? undefined : new Date(at).toISOString().slice(0, 10);
  };
  return `${date(0.5) ?? 'later'} (${date(0.05) ?? 'later'} to ${date(0.95) ?? 'later'})`;
}

function reasonsText(advice: readonly StreamAdvice[]): string {
  if (advice.length > EXPLAINED_MAX) return '';
  return advice
    .flatMap(({ stream, poolKind, because, reasons }) => [`${stream}: ${poolKind}, as ${because}`, ...reasons.map((each) => `  ${each}`)])
    .map((line) => `${line}\n`)
    .join('');
}
