/** `seqcast observe`: watches a sequence that is in use today, so that a backtest or the shadow can say what seqcast would do with it. */
import { type Command, InvalidArgumentError } from 'commander';
import { writeAnswer } from '../answer.ts';
import type { CliContext, JsonOption } from '../cli-context.ts';
import { durationOf, jsonOption } from '../command-options.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import type { MinuteReport } from '../observe/report.ts';

interface Flags extends JsonOption {
  readonly out: string;
  readonly every?: number;
  readonly for?: number;
  readonly spread?: true;
  readonly shadow?: true;
  readonly leadTime?: number;
  readonly rideThrough?: number;
}

const EVERY_MS = 1_000;
const EVERY_MS_MAX = 3_600_000;
const LEAD_TIME_MS = 10;

export function addObserve(program: Command, cli: CliContext): void {
  const command = program
    .command('observe')
    .summary('watch a sequence that is in use today')
    .description(
      'Watches a sequence, counter or step table of PostgreSQL, MariaDB, MySQL, Redis or Leaf, and writes what is asked of it to a file that `seqcast backtest` reads. It never writes to what it watches.',
    )
    .argument('<url>', 'what to watch, such as postgres://user@host/db?sequence=public.orders_id_seq')
    .option('--out <file>', 'file to append to', 'demand.csv')
    .option('--every <duration>', 'time between two readings: whole seconds, up to 1h (default: 1s)', spanOf)
    .option('--for <duration>', 'end after this time (default: at Ctrl-C)', durationOf)
    .option('--spread', 'spread what moves in blocks over the time since the block before')
    .option('--shadow', 'say each minute what seqcast would have held, ordered and let wait')
    .option('--lead-time <duration>', 'for the shadow: from an order to usable stock (default: 10ms)', durationOf)
    .option('--ride-through <duration>', 'for the shadow: how long stock must last without an allocator (default: 0s)', durationOf);
  jsonOption(command).action(async (url: string, flags: Flags) => await watch(cli, url, flags));
}

async function watch(cli: CliContext, url: string, flags: Flags): Promise<void> {
  const { out: path, every: everyMs = EVERY_MS, for: forMs, leadTime: leadTimeMs = LEAD_TIME_MS, rideThrough: rideThroughMs = 0 } = flags;
  const [{ openSource }, { observe }, { minuteText, summaryText }] = await Promise.all([
    import('../observe/source-of-url.ts'),
    import('../observe/observe.ts'),
    import('../observe/report.ts'),
  ]);
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  cli.signals.on('SIGINT', onSignal);
  cli.signals.on('SIGTERM', onSignal);
  const source = await openSource(url).catch((error: unknown) => {
    forget();
    throw error;
  });
  function forget(): void {
    cli.signals.off('SIGINT', onSignal);
    cli.signals.off('SIGTERM', onSignal);
  }
  try {
    cli.err.write(`watching ${source.shown}, reading only, into ${path}\n`);
    const summary = await observe({
      source,
      path,
      everyMs,
      forMs,
      spread: flags.spread === true,
      shadow: flags.shadow === true ? { leadTimeMs, rideThroughMs } : undefined,
      stop: stop.signal,
      say: (line) => cli.err.write(`${line}\n`),
      onMinute: (report: MinuteReport) =>
        flags.json === true ? writeAnswer(cli, flags, report, () => '') : cli.err.write(minuteText(report)),
    });
    writeAnswer(cli, flags, summary, () => summaryText(summary));
    // Nothing was seen: a backtest of it would have nothing to say.
    if (summary.totals.rows === 0) cli.exitCode = EXIT_CODES.failed.code;
  } finally {
    forget();
    await source.close();
  }
}

function spanOf(text: string): number {
  const ms = durationOf(text);
  if (ms >= EVERY_MS && ms <= EVERY_MS_MAX && ms % EVERY_MS === 0) return ms;
  throw new InvalidArgumentError('It is a whole number of seconds, 1s to 1h.');
}
