/** `seqcast backtest`: what the rule would have done with anyone's own demand, beside what they run today. */
import type { Command } from 'commander';
import type { BacktestPlan } from '../../backtest/orchestration/backtest.ts';
import type { BacktestReport } from '../../backtest/report/backtest-report.ts';
import type { DemandSet } from '../../backtest/sources/demand-source.ts';
import { writeAnswer } from '../answer.ts';
import { type BacktestOptions, backtestOptions } from '../backtest/options.ts';
import type { CliContext, JsonOption } from '../cli-context.ts';
import { jsonOption } from '../command-options.ts';

interface Flags extends BacktestOptions, JsonOption {
  readonly out?: string;
  readonly html?: string;
  readonly resume?: string;
}

/** Of a terminal that does not say: as wide as a page of text. */
const COLUMNS = 100;

const EXAMPLES = `
Examples:
  seqcast backtest --from trace:diurnal
  seqcast backtest --from requests.csv --lead-time 500ms --ride-through 0,15m --html report.html
  seqcast backtest --from topic:seqcast.consumption --data-dir .seqcast --against leaf,tuned-sq --refit 1d
  seqcast backtest --from seconds.txt.gz --start 1995-07-01 --out report.json --resume parts`;

export function addBacktest(program: Command, cli: CliContext): void {
  const command = backtestOptions(
    program
      .command('backtest')
      .description('Replays demand under the rule and under others, side by side: stalls, idle stock, allocations, outages survived.'),
  )
    .option('--out <file>', 'also write the report there, as JSON')
    .option('--html <file>', 'also write it there as a page with plots')
    .option('--resume <dir>', 'keep what is finished there, and go on from what is there');
  jsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Flags) => await run(cli, flags));
}

async function run(cli: CliContext, flags: Flags): Promise<void> {
  const [{ backtest, plannedSeconds }, { openDemand }, { chosenStreams, planOf }, { rowsRead }, { withWorkDirectory }, { reportText }] =
    await Promise.all([
      import('../../backtest/orchestration/backtest.ts'),
      import('../demand-inputs/open-demand.ts'),
      import('../backtest/plan.ts'),
      import('../backtest/progress.ts'),
      import('../backtest/work-directory.ts'),
      import('../backtest/report-text.ts'),
    ]);
  const set = chosenStreams(await openDemand(flags.from, { ...flags, env: cli.env, onRows: rowsRead(cli.err) }), flags);
  const lstm = await lstmOf(cli, set, flags);
  const plan = { ...planOf(set, flags), ...lstm };
  const total = plannedSeconds(set, plan);
  const report = await withWorkDirectory(cli, { resume: flags.resume, total }, async ({ finished, progress }) => {
    return await backtest(set, plan, {
      finished,
      onSeconds: (seconds, isKnown) => progress.onSeconds(seconds, isKnown),
      onStream: (stream) => progress.onStream(stream),
    });
  });
  if (report === undefined) return;
  await writeFiles(report, flags);
  writeAnswer(cli, flags, report, () => reportText(report, cli.out.columns ?? COLUMNS));
}

/** TensorFlow takes long to load: only where it is asked for. */
async function lstmOf(cli: CliContext, set: DemandSet, flags: Flags): Promise<Pick<BacktestPlan, 'models' | 'speak'> | undefined> {
  if (flags.lstm === undefined) return undefined;
  const { speakingLstm } = await import('../backtest/speaking-lstm.ts');
  return await speakingLstm(cli, set, { ...flags, lstm: flags.lstm });
}

async function writeFiles(report: BacktestReport, { out, html }: Flags): Promise<void> {
  const { writeWhole } = await import('../backtest/whole-file.ts');
  if (out !== undefined) writeWhole('--out', out, `${JSON.stringify(report)}\n`);
  if (html === undefined) return;
  const { reportHtml } = await import('../../backtest/report/html/page.ts');
  writeWhole('--html', html, await reportHtml(report));
}
