/** `simulate` and `bench`: what could go wrong, and what it costs. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AccuracyOptions } from '../../bench/request.ts';
import type { CliContext, JsonOption } from '../cli-context.ts';
import { jsonOption } from '../command-options.ts';

const SEEDS_DEFAULT = 1_000;
/** More threads than any machine has cores for are a slip of the hand. */
const THREADS_MAX = 256;
/** Guards that can be switched off, to see that the simulator notices. */
const GUARDS = ['log-arbitration', 'incarnation', 'fence', 'returns', 'period'] as const;

/** Those of ordered streams, which have a world of their own. */
const LEASE_GUARDS = ['order-lease', 'store-lease', 'pool-watch'] as const;

interface SimulateOptions extends JsonOption {
  readonly seeds: number;
  readonly seed?: number;
  readonly threads: number;
  readonly without?: (typeof GUARDS)[number] | (typeof LEASE_GUARDS)[number];
}

interface BenchOptions extends JsonOption, AccuracyOptions {
  readonly quick?: true;
  readonly seed?: number;
  readonly save?: string;
}

export function addWorkshop(program: Command, cli: CliContext): void {
  const out = (line: string) => cli.out.write(`${line}\n`);

  const simulate = program
    .command('simulate')
    .description(
      'Runs seeds of crashes, pauses, losses and duplicates against the real ledger and stock; a violation prints its seed and exits 1.',
    )
    .option('--seeds <n>', 'how many', wholeOf, SEEDS_DEFAULT)
    .option('--seed <n>', 'where to begin; alone with --seeds 1 it repeats one', wholeOf)
    .option('--threads <n>', 'batches of seeds that run beside each other', threadsOf, 1)
    .addOption(new Option('--without <guard>', 'switch a guard off: the simulator must notice').choices([...GUARDS, ...LEASE_GUARDS]));
  jsonOption(simulate).action(async ({ json, without, threads, ...options }: SimulateOptions) => {
    const guard = LEASE_GUARDS.find((each) => each === without);
    if (guard !== undefined) {
      const { simulateLeases } = await import('../../simulator/lease/command.ts');
      cli.exitCode = simulateLeases({ ...options, without: guard, json: json === true, out });
      return;
    }
    const [{ simulateCommand }, { SeedThread }] = await Promise.all([
      import('../../simulator/main.ts'),
      import('../simulation/seed-thread-link.ts'),
    ]);
    const running = threads === 1 ? undefined : Array.from({ length: threads }, () => new SeedThread());
    try {
      cli.exitCode = await simulateCommand({
        ...options,
        without: GUARDS.find((each) => each === without),
        json: json === true,
        out,
        nowMs: () => performance.now(),
        onProgress: (line) => cli.err.write(`${line}\n`),
        runners: running?.map((thread) => (batch) => thread.run(batch)),
      });
    } finally {
      await Promise.all((running ?? []).map((thread) => thread.end()));
    }
  });

  const bench = program
    .command('bench')
    .argument('[name]', 'which one', 'all')
    .description('Measures, as ratios to a baseline of the same run. Options that name no bench are those of `bench accuracy`.')
    .option(
      '--data <dir>',
      'series to forecast: M4 (Hourly-train.csv, Hourly-test.csv) or timestamp,value as CSV; ../shared/data if present',
    )
    .option('--tasks <names>', 'only these, e.g. m4-hourly,nab-twitter', namesOf)
    .option('--models <names>', 'only these, e.g. seasonal-naive,lstm,mixture', namesOf)
    .option('--limit <n>', 'at most so many series of each task', countOf)
    .option('--seeds <n>', 'seeds of each model that chance plays a part in', countOf)
    .option('--train-minutes <n>', 'longest training of the LSTM; without it all its steps, so that a run repeats', minutesOf)
    .option('--results <dir>', 'also write the reports there')
    .option('--forecasts <dir>', 'keep forecasts there, and go on from those that are there')
    .option('--quick', '`bench peers`: just enough to see that all of it works')
    .option('--seed <n>', '`bench peers`: of what is drawn', wholeOf)
    .option('--save <file>', 'keep all results there, as JSON with commit and machine');
  jsonOption(bench).action(async (name: string, { json, quick, seed, save, ...accuracy }: BenchOptions) => {
    const { benchCommand } = await import('../../bench/main.ts');
    const progress = (line: string) => cli.err.write(`${line}\n`);
    cli.exitCode = await benchCommand({
      ...{ name, json: json === true, out, progress, accuracy, isQuick: quick === true },
      ...(seed !== undefined && { seed }),
      ...(save !== undefined && { save }),
    });
  });
}

function wholeOf(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError('It is not a whole number from 0.');
}

function countOf(text: string): number {
  const count = wholeOf(text);
  if (count > 0) return count;
  throw new InvalidArgumentError('It is not a whole number from 1.');
}

function threadsOf(text: string): number {
  const count = countOf(text);
  if (count <= THREADS_MAX) return count;
  throw new InvalidArgumentError(`It is above ${THREADS_MAX}.`);
}

function minutesOf(text: string): number {
  const minutes = Number(text);
  if (text.trim() !== '' && minutes > 0 && Number.isFinite(minutes)) return minutes;
  throw new InvalidArgumentError('It is not a number of minutes.');
}

function namesOf(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new InvalidArgumentError('They are names with commas between them.');
}
