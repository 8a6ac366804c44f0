/** The options of `backtest` and `tune`, as commander has them parsed. Declared without loading what they choose from. */
import { type Command, Option } from 'commander';
import type { LeadTimeChoice } from '../../backtest/orchestration/cells.ts';
import type { RideThroughClass } from '../../backtest/orchestration/rule-contestants.ts';
import { ALLOCATIONS_PER_HOUR } from '../../core/sizing/order-size.ts';
import { integerText } from '../command-options.ts';
import { addDemandOptions, type DemandOptions } from '../demand-inputs/demand-options.ts';
import { countOf, leadTimesOf, namesOf, positiveOf, positivesOf, shareOf, spanOf, spansOf } from './choices.ts';

export const CLASSES = ['expected', 'insured'] as const;
/** Well-known generators, the honest opponents, the forecast that a network has to beat, and what nobody can beat. */
export const AGAINST = ['leaf', 'tinyid', 'tidb', 'cosid', 'newsvendor-seasonal', 'tuned-sq', 'tuned-static', 'foresight'];
/** From an allocation that is dear to one that costs next to nothing. */
export const SWEPT_PER_HOUR = [5, 20, 120];
export const LEAD_TIMES = '10ms,500ms';
export const RIDE_THROUGHS = '0,5m';

/** What both commands are told of the demand and of how it is split. */
export interface PartOptions extends DemandOptions {
  readonly from: string;
  readonly streams?: readonly string[];
  readonly limit?: number;
  readonly trainShare: number;
  readonly gap: number;
  readonly targetStallsPpm: number;
  readonly seed: number;
}

export interface BacktestOptions extends PartOptions {
  readonly against?: readonly string[];
  readonly lstm?: string;
  readonly leadTime?: readonly LeadTimeChoice[];
  readonly rideThrough?: readonly number[];
  readonly class: RideThroughClass | 'both';
  readonly outage?: readonly number[];
  readonly origins: number;
  readonly refit?: number;
  readonly allocationsPerHour: number;
  readonly sweep?: readonly number[];
  readonly max?: string;
  readonly used: string;
}

export function partOptions(command: Command): Command {
  return addDemandOptions(
    command
      .requiredOption('--from <demand>', 'a file, trace:NAME, topic:seqcast.consumption or archive:DIR')
      .option('--streams <names>', 'only these streams', namesOf)
      .option('--limit <n>', 'at most so many streams, the first ones', countOf)
      .option('--train-share <share>', 'share of each stream to tune and warm up on', shareOf, 0.6)
      .option('--gap <duration>', 'time between the part to tune on and the part that counts', spanOf, 0)
      .option('--target-stalls-ppm <n>', 'values of a million that may wait for an allocation', positiveOf, 10)
      .option('--seed <n>', 'of sampled lead times', countOf, 1),
  );
}

export function backtestOptions(command: Command): Command {
  return partOptions(command)
    .option('--against <ids>', `rules to compare with, all or none (default: ${AGAINST.join(',')})`, namesOf)
    .option('--lstm <model>', 'let an LSTM take part: a file of a trained model, or `train` to train one on the part to tune on')
    .option('--lead-time <list>', `decision to usable stock, such as 10ms,5s,sampled:FILE (default: ${LEAD_TIMES})`, leadTimesOf)
    .option('--ride-through <list>', `how long stock must last without an allocator (default: ${RIDE_THROUGHS})`, spansOf)
    .addOption(new Option('--class <class>', 'what a ride-through must survive').choices([...CLASSES, 'both']).default('both'))
    .option('--outage <list>', 'outages to ask about (default: the ride-throughs, else 5m)', spansOf)
    .option('--origins <n>', 'how often tuned rules are tuned anew, to all that came before', countOf, 1)
    .option('--refit <duration>', 'the same, as the time between two tunings', spanOf)
    .option('--allocations-per-hour <n>', 'allocations that the rule aims at', positiveOf, ALLOCATIONS_PER_HOUR)
    .option(
      '--sweep <list>',
      `the rule at other allocations an hour, for the fronts, or none (default: ${SWEPT_PER_HOUR.join(',')})`,
      positivesOf,
    )
    .option('--max <value>', 'largest value of the sequence, for the date on which it runs out (default: 2^63 - 1)', integerText)
    .option('--used <value>', 'the value that it is at', integerText, '0');
}
