/** `usage`, `burns`, `forecast-error`: what was, as the archive of the server knows it. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type ArchivePage,
  type BurnRow,
  type ForecastErrorRow,
  USAGE_GROUPS,
  type UsageGroup,
  type UsageRow,
} from '../../workers/runtime/analytics/archive-views.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, ServerOptions } from '../cli-context.ts';
import { durationOf, serverOptions } from '../command-options.ts';
import { callServer } from '../server-call.ts';
import { type Cell, table, timeText } from '../table.ts';
import { whileWaiting } from '../waiting.ts';

/** The archive's engine takes up to half a minute, and questions before this one their own. */
const TIMEOUT_MS = 120_000;

interface SpanOptions extends ServerOptions {
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
  readonly offset: number;
}

export function addArchive(program: Command, cli: CliContext): void {
  const by = new Option('--by <group>', 'what to sum up by').choices(USAGE_GROUPS).default('client-type');
  spanOptions(
    program
      .command('usage')
      .argument('[sequence]', 'all of them where left out')
      .description('Says what was asked for and given out over a span: by client type, service, hour, stream (busiest first) or sequence.')
      .addOption(by),
  ).action(async (sequence: string | undefined, options: SpanOptions & { readonly by: UsageGroup }) => {
    await ask(cli, options, 'usage', { sequence, by: options.by }, USAGE_HEAD(options.by), usageCells);
  });
  spanOptions(
    program
      .command('burns')
      .argument('[sequence]', 'all of them where left out')
      .description('Lists what pools lost, largest first: which pool and life, of which sequence, how many values, when and why.'),
  ).action(async (sequence: string | undefined, options: SpanOptions) => {
    await ask(cli, options, 'burns', { sequence }, BURNS_HEAD, burnCells);
  });
  spanOptions(
    program
      .command('forecast-error')
      .argument('[sequence]', 'all of them where left out')
      .description('Holds archived forecasts against what was asked for after them, stream by stream, largest error first.'),
  ).action(async (sequence: string | undefined, options: SpanOptions) => {
    await ask(cli, options, 'forecast-errors', { sequence }, ERROR_HEAD, errorCells);
  });
}

function spanOptions(command: Command): Command {
  return serverOptions(
    command
      .option('--from <time>', 'from this time on: 2026-11-25, 2026-11-25T10:00Z, or how long ago: 36h, 7d (default: a day before --to)')
      .option('--to <time>', 'until this time, in the same words (default: now)')
      .option('--limit <n>', 'rows at most', wholeOf, 100)
      .option('--offset <n>', 'rows to pass over', wholeOf, 0),
  );
}

async function ask<Row>(
  cli: CliContext,
  { from, to, limit, offset, ...options }: SpanOptions,
  what: string,
  named: Readonly<Record<string, string | undefined>>,
  head: readonly string[],
  cells: (row: Row) => readonly Cell[],
): Promise<void> {
  const nowMs = Date.now();
  const query = new URLSearchParams({ limit: String(limit), offset: String(offset) });
  for (const [name, value] of Object.entries(named)) if (value !== undefined) query.set(name, value);
  if (from !== undefined) query.set('fromMs', String(timeOf(from, nowMs)));
  if (to !== undefined) query.set('toMs', String(timeOf(to, nowMs)));
  const call = { method: 'GET', path: `/v1/analytics/${what}?${query.toString()}`, timeoutMs: TIMEOUT_MS } as const;
  const page = await whileWaiting(cli.err, async (step) => {
    step('asks the archive', TIMEOUT_MS);
    return (await callServer(cli, options, call)) as ArchivePage<Row>;
  });
  writeAnswer(cli, options, page, (terminal) => {
    const span = `from ${timeText(page.fromMs)} to ${timeText(page.toMs)}\n`;
    const rows = page.rows.length === 0 ? 'nothing is archived of that span\n' : table(head, page.rows.map(cells), terminal);
    const note = page.note === undefined ? '' : `note: ${page.note}\n`;
    return `${span}${rows}${note}${page.next === undefined ? '' : `more: --offset ${page.next}\n`}`;
  });
}

const USAGE_HEAD = (by: UsageGroup): readonly string[] => [by, 'demanded', 'issued', 'requests', 'stalls', 'peak/s', 'streams'];

function usageCells({ key, demanded, issued, requests, stalls, peakPerSecond, streams }: UsageRow): readonly Cell[] {
  return [key, demanded, issued, requests, stalls, peakPerSecond, streams];
}

const BURNS_HEAD = ['values', 'how', 'sequence', 'pool', 'incarnation', 'shards', 'streams', 'last', 'why'];

function burnCells(row: BurnRow): readonly Cell[] {
  const { values, how, sequence, pool, incarnation, shards, streams, lastAtMs, why } = row;
  return [how === 'lost' ? `<= ${values}` : String(values), how, sequence, pool, incarnation, shards, streams, timeText(lastAtMs), why];
}

const ERROR_HEAD = ['stream', 'forecasts', 'demand/min', 'error/min', 'bias/min', 'horizon min', 'error', 'bias', 'pinball', 'coverage'];

function errorCells(row: ForecastErrorRow): readonly Cell[] {
  const { stream, forecasts, demandPerMinute, meanAbsoluteError, bias } = row;
  const horizon = [row.horizonMinutes, row.horizonMeanAbsoluteError, row.horizonBias, row.medianPinballLoss, row.upperCoverage];
  return [stream, forecasts, demandPerMinute, meanAbsoluteError, bias, ...horizon.map((each) => each ?? '-')];
}

function timeOf(text: string, nowMs: number): number {
  if (/^\d+(\.\d+)?(ms|s|m|h|d)$/.test(text)) return Math.trunc(nowMs - durationOf(text));
  const ms = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError(`${text} is no time: write 2026-11-25, 2026-11-25T10:00Z, or how long ago: 36h.`);
  return ms;
}

function wholeOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is not a whole number.');
}
