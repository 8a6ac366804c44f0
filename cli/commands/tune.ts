/** `seqcast tune`: which settings a sequence needs for what an operator wants of it, chosen on its own past. */
import { type Command, Option } from 'commander';
import type { LeadTimeChoice } from '../../backtest/orchestration/cells.ts';
import type { RideThroughClass } from '../../backtest/orchestration/rule-contestants.ts';
import type { TuningGoal } from '../../backtest/tuning/goal.ts';
import { SequenceError } from '../../core/errors.ts';
import { ALLOCATIONS_PER_HOUR } from '../../core/sizing/order-size.ts';
import { writeAnswer } from '../answer.ts';
import { leadTimesOf, numberFromZeroOf, percentOf, positiveOf, spanOf } from '../backtest/choices.ts';
import { CLASSES, type PartOptions, partOptions } from '../backtest/options.ts';
import type { CliContext, JsonOption } from '../cli-context.ts';
import { jsonOption } from '../command-options.ts';
import { EXIT_CODES } from '../exit-codes.ts';

interface Flags extends PartOptions, JsonOption {
  readonly leadTime?: readonly LeadTimeChoice[];
  readonly rideThrough: number;
  readonly class: RideThroughClass | 'either';
  readonly survive: number;
  readonly allocationsPerHour?: number;
  readonly burntValueCost: number;
  readonly sequence?: string;
  readonly resume?: string;
}

const COLUMNS = 100;
const LEAD_TIME = '10ms';
/** What the rule aims at it exceeds by returns, and in busy hours: five operations of sixty. */
const OPERATIONS_OVER = 60 / ALLOCATIONS_PER_HOUR;
/** Parts of what is allowed that are tried where burnt values cost something: fewer allocations may be dearer. */
const ALLOCATION_SHARES = [1, 0.5, 0.25, 0.1];

const EXAMPLES = `
Examples:
  seqcast tune --from trace:diurnal --ride-through 5m
  seqcast tune --from requests.csv --ride-through 15m --class insured --target-stalls-ppm 1 --sequence orders
  seqcast tune --from seconds.txt --allocations-per-hour 120 --burnt-value-cost 0.01`;

export function addTune(program: Command, cli: CliContext): void {
  const command = partOptions(
    program.command('tune').description('Chooses settings for a sequence on one part of its demand, and says what they cost on the rest.'),
  )
    .option('--lead-time <duration>', 'decision to usable stock, or sampled:FILE (default: 10ms)', leadTimesOf)
    .option('--ride-through <duration>', 'how long stock must last without an allocator', spanOf, 0)
    .addOption(new Option('--class <class>', 'what a ride-through must survive').choices([...CLASSES, 'either']).default('either'))
    .option('--survive <percent>', 'of outages as long as the ride-through, so many', percentOf, 99)
    .option('--allocations-per-hour <n>', `allocations an hour that a stream may cost (default: ${ALLOCATIONS_PER_HOUR})`, positiveOf)
    .option('--burnt-value-cost <n>', 'what a burnt value costs, in allocations: 0 where values are plenty', numberFromZeroOf, 0)
    .option('--sequence <name>', 'name in the commands that are printed (default: as the demand says)')
    .option('--resume <dir>', 'keep what is finished there, and go on from what is there');
  jsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Flags) => await run(cli, flags));
}

async function run(cli: CliContext, flags: Flags): Promise<void> {
  const [
    { tune },
    { tuningRuns },
    { candidates },
    { openDemand },
    { chosenStreams },
    { rowsRead },
    { withWorkDirectory },
    { commandLine, tunedAttributes, tuningText },
  ] = await Promise.all([
    import('../../backtest/tuning/tune.ts'),
    import('../../backtest/tuning/replays.ts'),
    import('../../backtest/tuning/goal.ts'),
    import('../demand-inputs/open-demand.ts'),
    import('../backtest/plan.ts'),
    import('../backtest/progress.ts'),
    import('../backtest/work-directory.ts'),
    import('../backtest/tuning-text.ts'),
  ]);
  const [leadTime, another] = flags.leadTime ?? leadTimesOf(LEAD_TIME);
  if (leadTime === undefined || another !== undefined) {
    throw new SequenceError('SEQ_CONFIG_INVALID', '--lead-time: settings are chosen for one lead time; give one');
  }
  const set = chosenStreams(await openDemand(flags.from, { ...flags, env: cli.env, onRows: rowsRead(cli.err) }), flags);
  const goal = goalOf(flags, set.streams.length);
  const { rideThrough: rideThroughS, trainShare, gap: gapS, seed } = flags;
  const seconds = set.streams.reduce((sum, each) => sum + each.seconds, 0);
  const total = seconds * (trainShare * candidates(goal).length + 1);
  const result = await withWorkDirectory(cli, { resume: flags.resume, total }, async ({ finished, progress }) => {
    progress.onStream(set.from);
    const part = { setting: { leadTime, rideThroughS }, seed, finished, trainShare, gapS, origins: 1 };
    return await tune(goal, tuningRuns(set, { ...part, onSeconds: (done, isKnown) => progress.onSeconds(done, isKnown) }));
  });
  if (result === undefined) return;
  // A goal that is missed where the settings were chosen is missed by all of them.
  if (result.missedOnTraining.length > 0) cli.exitCode = EXIT_CODES.failed.code;
  const sequence = flags.sequence ?? set.streams[0]?.name.split('/', 1)[0] ?? 'NAME';
  const answer = { ...result, attributes: tunedAttributes(result), command: commandLine('alter', sequence, result) };
  writeAnswer(cli, flags, answer, () => tuningText(result, { sequence, width: cli.out.columns ?? COLUMNS }));
}

function goalOf(flags: Flags, streams: number): TuningGoal {
  const { allocationsPerHour: allowed = ALLOCATIONS_PER_HOUR, burntValueCost } = flags;
  // The live rule aims at one number: others are tried only for who asks what they would cost.
  const shares = burntValueCost > 0 && flags.allocationsPerHour !== undefined ? ALLOCATION_SHARES : [1];
  return {
    streams,
    targetStallsPpm: flags.targetStallsPpm,
    rideThroughS: flags.rideThrough,
    classes: flags.class === 'either' ? CLASSES : [flags.class],
    operationsPerHourMax: Number((allowed * OPERATIONS_OVER).toPrecision(6)),
    allocationsPerHour: shares.map((share) => share * allowed),
    survivedPercentMin: flags.survive,
    burntValueCost,
  };
}
