/**
 * A backtest as one HTML file: the answer in sentences, then the tables and pictures it rests on, then what went in. Nothing is fetched,
 * nothing runs: it can be mailed and kept.
 */
import { operationsPerHour, stalledPpm, survivedPercent } from '../../harness/result.ts';
import type { BacktestManifest, BacktestReport, ForecastWorth, LeaderboardRow, StreamAdvice } from '../backtest-report.ts';
import { calibrationFigure } from './calibration-figure.ts';
import { escaped, type Figure, figureHtml } from './figure.ts';
import { frontFigures } from './front-figures.ts';
import { historyFigure, weightsFigure } from './history-figures.ts';
import { STYLE } from './style.ts';

export async function reportHtml(report: BacktestReport): Promise<string> {
  const { leaderboard, sweep, worth, histories, worstHours, calibration, weights, advice } = report;
  const sections = [
    section('In short', list(sentences(report))),
    section('Leaderboard', leaderboardTable(leaderboard)),
    section('Fronts', await figures(frontFigures([...leaderboard, ...sweep]), 'side')),
    section('What the forecast was worth', worthTable(worth)),
    section('Stock against demand', histories.length === 0 ? '' : HISTORY_KEY + (await figures(histories.map(historyFigure)))),
    section('The worst hour', await figures(worstHours.map(historyFigure))),
    section('Calibration', calibration.length === 0 ? '' : await figures([calibrationFigure(calibration)])),
    section('Experts', await figures(weights.map(weightsFigure))),
    section('Advice', adviceTable(advice)),
    section('What went in', inputTable(report.manifest) + list(report.repairs)),
  ];
  const title = `Backtest of ${report.manifest.from}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escaped(title)}</h1>
${sections.join('\n')}
</main></body></html>
`;
}

/** How to read stock against demand: lines that lie over each other leave no room for a legend. */
const HISTORY_KEY =
  '<p>Above: values asked for, in the mean and in the busiest second of each span. Below: values on hand, in the mean and the least; dashed the ' +
  'reorder point; red where callers waited.</p>';

/** The answer to "what would it have done on my traffic, against what I run today?", whoever comes out better. */
function sentences({ leaderboard, streams, split, worth }: BacktestReport): string[] {
  const demanded = streams.reduce((sum, each) => sum + each.demanded, 0);
  const said = [
    `${amount(demanded)} values of ${streams.length} ${streams.length === 1 ? 'stream' : 'streams'}; policies were tuned and warmed up until ` +
      `${day(split.trainedUntilMs)}, and counted from ${day(split.countedFromMs)} to ${day(split.untilMs)}.`,
  ];
  const ours = leaderboard.find(({ group }) => group === 'seqcast');
  if (ours === undefined) return said;
  for (const rival of leaderboard) {
    const isRival = rival.group === 'rival' || rival.group === 'tuned';
    if (!isRival || rival.leadTime !== ours.leadTime || rival.rideThroughS !== ours.rideThroughS) continue;
    said.push(comparison(ours, rival));
  }
  for (const each of worth) said.push(worthSentence(each));
  return said;
}

function comparison(ours: LeaderboardRow, rival: LeaderboardRow): string {
  const ratio = rival.result.meanIdle / Math.max(1, ours.result.meanIdle);
  const idle = ratio >= 1 ? `${ratio.toFixed(1)} times the idle stock` : `only ${ratio.toFixed(2)} times the idle stock`;
  const stalls = `${stalledPpm(rival.result).toFixed(0)} against ${stalledPpm(ours.result).toFixed(0)} stalls per million`;
  return `${rival.policy} at a lead time of ${rival.leadTime}: ${idle} of ${ours.policy}, ${stalls}, ${operationsPerHour(rival.result).toFixed(1)} against ${operationsPerHour(ours.result).toFixed(1)} operations an hour.`;
}

function worthSentence({ leadTime, rideThroughS, idleSavedShare, stalledPpmMore }: ForecastWorth): string {
  const saved = idleSavedShare >= 0 ? `saved ${percent(idleSavedShare)} of idle stock` : `cost ${percent(-idleSavedShare)} more idle stock`;
  return `The forecast ${saved} at a lead time of ${leadTime}${rideThroughS > 0 ? ` and a ride-through of ${rideThroughS} s` : ''}, with ${signed(stalledPpmMore)} stalls per million.`;
}

const LEADERBOARD_HEAD = [
  'policy',
  'lead time',
  'ride-through',
  'stalls, ppm',
  'lost, ppm',
  'wait p99 / p999',
  'operations/h',
  'mean idle',
  'max idle',
  'lasts, minutes',
  'outages survived',
  'burnt: crash / stop',
];

function leaderboardTable(rows: readonly LeaderboardRow[]): string {
  const cells = rows.map(({ policy, group, leadTime, rideThroughS, result }) => [
    `${escaped(policy)} <small>${group}</small>`,
    escaped(leadTime),
    `${rideThroughS} s`,
    stalledPpm(result).toFixed(1),
    ((result.lost * 1e6) / Math.max(1, result.demanded)).toFixed(1),
    `${seconds(result.waitS.p99)} / ${seconds(result.waitS.p999)}`,
    operationsPerHour(result).toFixed(1),
    amount(result.meanIdle),
    amount(result.maxIdle),
    `${result.autonomyMinutes.mean.toFixed(1)} (least ${result.autonomyMinutes.min.toFixed(1)})`,
    result.outages.map((each) => `${each.outageS} s: ${survivedPercent(each).toFixed(2)} %`).join('<br>'),
    `${amount(result.burntAtCrash)} / ${amount(result.burntAtStop)}`,
  ]);
  return table(LEADERBOARD_HEAD, cells);
}

function worthTable(rows: readonly ForecastWorth[]): string {
  const cells = rows.map(({ leadTime, rideThroughS, withForecast, withoutForecast, idleSavedShare, stalledPpmMore }) => [
    escaped(leadTime),
    `${rideThroughS} s`,
    amount(withForecast.meanIdle),
    amount(withoutForecast.meanIdle),
    percent(idleSavedShare),
    signed(stalledPpmMore),
  ]);
  return table(['lead time', 'ride-through', 'idle with it', 'idle without', 'saved', 'stalls, ppm more'], cells);
}

function adviceTable(rows: readonly StreamAdvice[]): string {
  const cells = rows.map(
    ({ stream, valuesPerDay, poolKind, because, serviceLevel, forecastError, unforecastable, reasons, exhaustion }) => [
      escaped(stream),
      amount(valuesPerDay),
      `${poolKind}: ${escaped(because)}`,
      `${serviceLevel.targetStallsPpm} ppm, ${serviceLevel.rideThroughS} s ${serviceLevel.rideThroughClass}`,
      `${unforecastable ? 'unforecastable: ' : ''}error ${percent(forecastError)}<br><small>${escaped(reasons.join(' '))}</small>`,
      exhaustion === undefined ? '' : exhaustion.map(({ level, atMs }) => `${percent(level)}: ${day(atMs)}`).join('<br>'),
    ],
  );
  return table(['stream', 'values a day', 'pool', 'service level', 'forecast', 'runs out'], cells);
}

function inputTable({ version, from, dataSha256, seeds, models, settings }: BacktestManifest): string {
  const rows = Object.entries({ version, from, 'SHA-256 of the demand': dataSha256, ...settings, ...prefixed('seed', seeds), ...models });
  return table(
    ['input', 'value'],
    rows.map(([name, value]) => [escaped(name), escaped(String(value))]),
  );
}

function prefixed(prefix: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}: ${name}`, value]));
}

function section(title: string, body: string): string {
  return body === '' ? '' : `<section><h2>${title}</h2>${body}</section>`;
}

async function figures(all: readonly Figure[], layout = ''): Promise<string> {
  const drawn: string[] = [];
  // One after the other: how the drawing library numbers its clips depends on the order.
  for (const each of all) drawn.push(await figureHtml(each));
  return drawn.length === 0 ? '' : `<div class="figures ${layout}">${drawn.join('\n')}</div>`;
}

function list(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `<ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const headers = head.map((each) => `<th scope="col">${each}</th>`).join('');
  const lines = rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`);
  return `<div class="wide" tabindex="0"><table><thead><tr>${headers}</tr></thead><tbody>${lines.join('\n')}</tbody></table></div>`;
}

function amount(values: number): string {
  if (values >= 1e9) return `${(values / 1e9).toFixed(2)}G`;
  if (values >= 1e6) return `${(values / 1e6).toFixed(2)}M`;
  if (values >= 1e4) return `${(values / 1e3).toFixed(1)}k`;
  return values.toFixed(values < 10 ? 1 : 0);
}

function seconds(value: number): string {
  if (value === 0) return '0';
  return value >= 1 ? `${value.toFixed(1)} s` : `${(value * 1_000).toFixed(0)} ms`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function signed(value: number): string {
  return `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(1)}`;
}

function day(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
