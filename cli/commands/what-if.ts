/** `seqcast what-if`: the last day of a stream, replayed as if an idle value cost more or less against an allocation. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { BurnCost } from '../../core/sequence.ts';
import { costRatioOf } from '../../workers/runtime/insight/cost-ratio.ts';
import type { WhatIf, WhatIfRun } from '../../workers/runtime/insight/what-if.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, ServerOptions } from '../cli-context.ts';
import { numberOf, serverOptions } from '../command-options.ts';
import { duration } from '../demo/figures.ts';
import { callServer, SERVER_TIMEOUT_MS } from '../server-call.ts';
import { STREAM_ARGUMENT, streamPath } from '../stream-argument.ts';
import { type Cell, table, timeText } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { whileWaiting } from '../waiting.ts';

/** What can be set. */
const BURN_COSTS = ['none', 'low', 'high'] as const satisfies readonly BurnCost[];
/** Ratios that differ by less are one. */
const SAME = 1.01;
/** Three digits say what a replay can know. */
const DIGITS = 3;

interface WhatIfOptions extends ServerOptions {
  readonly costRatio?: readonly number[];
  readonly burnCost?: BurnCost;
}

export function addWhatIf(program: Command, cli: CliContext): void {
  const ratios = new Option('--cost-ratio <ratios>', 'what an idle value costs against an allocation, up to four numbers: 0.25,4,64')
    .argParser(ratiosOf)
    .conflicts('burnCost');
  const burnCost = new Option('--burn-cost <cost>', 'the ratio of that setting: 1, 16 or 256 (default: all three)').choices(BURN_COSTS);
  serverOptions(
    program
      .command('what-if')
      .argument('<stream>', STREAM_ARGUMENT)
      .description(
        'Replays the last day of a stream at other costs of idle values: idle stock, stalls and allocations beside those of now.',
      )
      .addOption(ratios)
      .addOption(burnCost),
  ).action(async (stream: string, { costRatio, burnCost: cost, ...options }: WhatIfOptions) => {
    const asked = costRatio ?? (cost === undefined ? BURN_COSTS : [cost]).map(costRatioOf);
    const path = `${streamPath(stream, 'what-if')}?costRatio=${asked.join(',')}`;
    const answer = await whileWaiting(cli.err, (step) => {
      step('replays the day', SERVER_TIMEOUT_MS);
      return callServer(cli, options, { method: 'GET', path });
    });
    writeAnswer(cli, options, answer, (terminal) => whatIfText(answer as WhatIf, terminal));
  });
}

function ratiosOf(text: string): readonly number[] {
  const ratios = text.split(',').map(numberOf);
  if (ratios.every((ratio) => ratio > 0)) return ratios;
  throw new InvalidArgumentError('A ratio is above 0.');
}

const HEAD = ['cost ratio', 'burn cost', 'idle mean', 'idle most', 'waited', 'ppm', 'allocations/h', 'order mean', 'order most'];

function whatIfText({ stream, fromMs, toMs, leadTimeMs, demanded, now, runs }: WhatIf, terminal: Terminal): string {
  const others = runs.filter((run) => !isSame(run.costRatio, now.costRatio));
  const day = `${stream}, ${duration(toMs - fromMs)} until ${timeText(toMs)}: ${brief(demanded)} values, ${duration(leadTimeMs)} of lead time`;
  return `${day}\n${table(HEAD, [cells(now, ' (now)'), ...others.map((run) => cells(run))], terminal)}${applying(stream, now, others)}`;
}

function cells(run: WhatIfRun, note = ''): readonly Cell[] {
  const { costRatio, idleMean, idleMax, stalled, stalledPpm, allocationsPerHour, orderMean, orderMax } = run;
  const [cost] = BURN_COSTS.filter((each) => isSame(costRatioOf(each), costRatio));
  return [
    costRatio,
    `${cost ?? ''}${note}`,
    ...[idleMean, idleMax, stalled, stalledPpm, allocationsPerHour, orderMean, orderMax].map(brief),
  ];
}

/** Only three ratios can be set: of the others the nearest is. */
function applying(stream: string, now: WhatIfRun, runs: readonly WhatIfRun[]): string {
  const [sequence = ''] = stream.split('/', 1);
  const lines = runs.map(({ costRatio }) => {
    const cost = nearest(costRatio);
    if (isSame(costRatioOf(cost), now.costRatio)) return `at ${costRatio}: the nearest that can be set is burn cost ${cost}, and so it is`;
    const exact = isSame(costRatioOf(cost), costRatio) ? '' : `, the nearest, which sets ${costRatioOf(cost)}`;
    return `at ${costRatio}: seqcast alter ${sequence} --burn-cost ${cost}${exact}`;
  });
  if (lines.length === 0) return '';
  return `\nTo apply it, to all streams of the sequence; with --dry-run it says what that does, and changes nothing:\n  ${lines.join('\n  ')}\n`;
}

function nearest(ratio: number): BurnCost {
  const away = (cost: BurnCost): number => Math.abs(Math.log(costRatioOf(cost) / ratio));
  return BURN_COSTS.reduce<BurnCost>((best, each) => (away(each) < away(best) ? each : best), 'none');
}

function isSame(a: number, b: number): boolean {
  return Math.max(a, b) / Math.min(a, b) < SAME;
}

function brief(value: number): number {
  return Math.abs(value) >= 10 ** (DIGITS - 1) ? Math.round(value) : Number(value.toPrecision(DIGITS));
}
