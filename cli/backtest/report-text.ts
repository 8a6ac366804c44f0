/** A backtest's report for a terminal: a leaderboard for each lead time and ride-through, what the forecast was worth, and advice. */
import { operationsPerHour, stalledPpm, survivedPercent } from '../../backtest/harness/result.ts';
import type { BacktestReport, LeaderboardRow } from '../../backtest/report/backtest-report.ts';
import { compact, duration } from '../demo/figures.ts';
import { adviceText } from './advice-text.ts';
import { type Column, fittedTable } from './columns.ts';

export function reportText(report: BacktestReport, width: number): string {
  const settings = new Map<string, LeaderboardRow[]>();
  // What was swept stands below the others: it is the first row at another price.
  for (const row of [...report.leaderboard, ...report.sweep]) {
    const key = settingText(row);
    settings.set(key, [...(settings.get(key) ?? []), row]);
  }
  const tables = [...settings].map(([setting, rows]) => `${setting}\n${leaderboardText(rows, width)}`);
  const parts = [
    headText(report),
    ...tables,
    LEGEND,
    worthText(report, width),
    calibrationText(report, width),
    adviceText(report.advice, width),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function headText({ manifest, repairs, streams, split }: BacktestReport): string {
  const demanded = streams.reduce((sum, each) => sum + each.demanded, 0);
  const date = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
  const origins = split.origins === 1 ? '' : `, fitted anew at ${split.origins} origins`;
  const lines = [
    `${manifest.from}: ${streams.length === 1 ? (streams[0]?.name ?? '') : `${streams.length} streams`}, ${compact(demanded)} values`,
    `counted from ${date(split.countedFromMs)} to ${date(split.untilMs)}; trained until ${date(split.trainedUntilMs)}${origins}`,
    ...repairs.map((each) => `mended: ${each}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function settingText({ leadTime, rideThroughS }: LeaderboardRow): string {
  return `lead time ${leadTime}, ${rideThroughS === 0 ? 'no ride-through' : `ride-through ${duration(rideThroughS * 1_000)}`}`;
}

function leaderboardText(rows: readonly LeaderboardRow[], width: number): string {
  const own = rows.find(({ group }) => group === 'seqcast');
  const outages = rows[0]?.result.outages ?? [];
  const columns: Column<LeaderboardRow>[] = [
    { title: 'policy', text: ({ policy }) => policy, leaveOut: 0 },
    { title: 'stalls ppm', text: ({ result }) => compact(stalledPpm(result)), leaveOut: 0 },
    { title: 'lost ppm', text: ({ result }) => compact((1e6 * result.lost) / Math.max(1, result.demanded)), leaveOut: 4 },
    { title: 'wait p50', text: ({ result }) => waitText(result.waitS.p50), leaveOut: 9 },
    { title: 'p99', text: ({ result }) => waitText(result.waitS.p99), leaveOut: 8 },
    { title: 'p99.9', text: ({ result }) => waitText(result.waitS.p999), leaveOut: 5 },
    { title: 'alloc/h', text: ({ result }) => compact(operationsPerHour(result)), leaveOut: 0 },
    { title: 'mean idle', text: ({ result }) => compact(result.meanIdle), leaveOut: 0 },
    { title: '× idle', text: ({ result }) => ratioText(result.meanIdle, own?.result.meanIdle), leaveOut: 0 },
    { title: 'max idle', text: ({ result }) => compact(result.maxIdle), leaveOut: 3 },
    { title: 'lasts', text: ({ result }) => duration(60_000 * result.autonomyMinutes.mean), leaveOut: 2 },
    ...outages.map(({ outageS }, i): Column<LeaderboardRow> => {
      const text = ({ result }: LeaderboardRow): string => {
        const outage = result.outages[i];
        return outage === undefined || outage.asked === 0 ? '' : `${Number(survivedPercent(outage).toFixed(2))} %`;
      };
      return { title: `out ${duration(outageS * 1_000)}`, text, leaveOut: i === 0 ? 0 : 1 };
    }),
    { title: 'crash burns', text: ({ result }) => compact(result.burntAtCrash), leaveOut: 6 },
    { title: 'stop burns', text: ({ result }) => compact(result.burntAtStop), leaveOut: 7 },
    { title: 'front', text: ({ onOperationsFront: o, onAutonomyFront: a }) => `${o ? 'o' : ''}${a ? 'a' : ''}`, leaveOut: 0 },
  ];
  return fittedTable(columns, rows, width);
}

const LEGEND = `sorted by stalls, then by whether the ride-through is survived (99 %), then by idle stock
lasts: how long the stock on hand goes on without an allocator; out: outages of that length survived
front: of those who do both, nobody has less idle stock and fewer operations (o), or less that lasts longer (a)
`;

function worthText({ worth }: BacktestReport, width: number): string {
  if (worth.length === 0) return '';
  const columns: Column<BacktestReport['worth'][number]>[] = [
    { title: 'the forecast was worth', text: (row) => row.withForecast.policy, leaveOut: 0 },
    { title: 'lead time', text: (row) => row.leadTime, leaveOut: 0 },
    { title: 'ride-through', text: (row) => (row.rideThroughS === 0 ? 'none' : duration(row.rideThroughS * 1_000)), leaveOut: 0 },
    { title: 'idle with', text: (row) => compact(row.withForecast.meanIdle), leaveOut: 0 },
    { title: 'without', text: (row) => compact(row.withoutForecast.meanIdle), leaveOut: 0 },
    { title: 'saved', text: (row) => `${(100 * row.idleSavedShare).toFixed(0)} %`, leaveOut: 0 },
    { title: 'survived', text: survivedText, leaveOut: 0 },
    { title: 'stalls', text: (row) => `${row.stalledPpmMore >= 0 ? '+' : ''}${compact(row.stalledPpmMore)} ppm`, leaveOut: 0 },
  ];
  return fittedTable(columns, worth, width);
}

/** Of outages as long as the ride-through: with the forecast, and without. */
function survivedText({ withForecast, withoutForecast, rideThroughS }: BacktestReport['worth'][number]): string {
  const shares = [withForecast, withoutForecast].flatMap(({ outages }) => outages.filter(({ outageS }) => outageS === rideThroughS));
  return shares.length < 2 ? '' : `${shares.map((each) => Number(survivedPercent(each).toFixed(2))).join(' / ')} %`;
}

function calibrationText({ calibration }: BacktestReport, width: number): string {
  const judged = calibration.filter(({ count }) => count > 0);
  const horizons = [...new Set(judged.map(({ horizonS }) => horizonS))];
  const levels = [...new Set(judged.map(({ level }) => level))];
  if (horizons.length === 0) return '';
  const columns: Column<number>[] = [
    { title: 'demand stays below the quantile', text: (horizonS) => `over the next ${duration(horizonS * 1_000)}`, leaveOut: 0 },
    ...levels.map((level): Column<number> => {
      const text = (horizonS: number): string => {
        const row = judged.find((each) => each.horizonS === horizonS && each.level === level);
        return row === undefined ? '' : `${(100 * row.covered).toFixed(1)} %`;
      };
      return { title: `${100 * level} %`, text, leaveOut: 0 };
    }),
  ];
  return fittedTable(columns, horizons, width);
}

function waitText(seconds: number): string {
  return seconds === 0 ? '0' : duration(seconds * 1_000);
}

function ratioText(idle: number, own: number | undefined): string {
  if (own === undefined || own === 0) return '';
  return (idle / own).toFixed(idle / own < 10 ? 2 : 0);
}
