/** `simulate` and `bench`: what could go wrong, and what it costs. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CliContext, JsonOption } from '../cli-context.ts';
import { jsonOption } from '../command-options.ts';

const SEEDS_DEFAULT = 1_000;
/** Guards that can be switched off, to see that the simulator notices. */
const GUARDS = ['log-arbitration', 'incarnation', 'fence', 'returns'] as const;

interface SimulateOptions extends JsonOption {
  readonly seeds: number;
  readonly seed?: number;
  readonly without?: (typeof GUARDS)[number];
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
    .addOption(new Option('--without <guard>', 'switch a guard off: the simulator must notice').choices(GUARDS));
  jsonOption(simulate).action(async ({ json, ...options }: SimulateOptions) => {
    const { simulateCommand } = await import('../../simulator/main.ts');
    cli.exitCode = await simulateCommand({
      ...options,
      json: json === true,
      out,
      nowMs: () => performance.now(),
      onProgress: (line) => cli.err.write(`${line}\n`),
    });
  });

  const bench = program
    .command('bench')
    .argument('[name]', 'which one', 'all')
    .description('Measures, as ratios to a baseline of the same run.');
  jsonOption(bench).action(async (name: string, { json }: JsonOption) => {
    const { benchCommand } = await import('../../bench/main.ts');
    cli.exitCode = await benchCommand({ name, json: json === true, out });
  });
}

function wholeOf(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError('It is not a whole number from 0.');
}
