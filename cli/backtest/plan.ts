/** From the options of `backtest` and `tune` to what is run: which streams, which contestants, under which settings. */

import type { BacktestPlan } from '../../backtest/orchestration/backtest.ts';
import { rivalContestants } from '../../backtest/orchestration/rival-contestants.ts';
import { ruleContestants, sweptRules } from '../../backtest/orchestration/rule-contestants.ts';
import { RIVALS } from '../../backtest/rivals/catalogue.ts';
import type { DemandSet } from '../../backtest/sources/demand-source.ts';
import { SequenceError } from '../../core/errors.ts';
import type { ValueSpace } from '../../core/exhaustion-dates.ts';
import { VALUE_MAX } from '../../core/limits.ts';
import { leadTimesOf, spansOf } from './choices.ts';
import { AGAINST, type BacktestOptions, CLASSES, LEAD_TIMES, type PartOptions, RIDE_THROUGHS, SWEPT_PER_HOUR } from './options.ts';

/** The network alone, under the plain newsvendor rule. */
const LSTM_RIVAL = 'newsvendor-lstm';
/** Outages that are asked about where no ride-through says which. */
const OUTAGE_S = 300;

/** The streams that were asked for. */
export function chosenStreams(set: DemandSet, { streams, limit }: PartOptions): DemandSet {
  const unknown = streams?.find((name) => !set.streams.some((each) => each.name === name));
  if (unknown !== undefined) {
    const some = set.streams.slice(0, 10).map(({ name }) => name);
    const more = set.streams.length > some.length ? ` and ${set.streams.length - some.length} more` : '';
    throw new SequenceError('SEQ_CONFIG_INVALID', `--streams: there is no ${unknown} in ${set.from}; there are ${some.join(', ')}${more}`);
  }
  const chosen = set.streams.filter(({ name }) => streams?.includes(name) ?? true).slice(0, limit);
  if (chosen.length === 0) throw new SequenceError('SEQ_CONFIG_INVALID', `${set.from} holds no demand: nothing can be replayed`);
  return { ...set, streams: chosen };
}

export function planOf(set: DemandSet, options: BacktestOptions): BacktestPlan {
  const hasLstm = options.lstm !== undefined;
  const {
    against = hasLstm ? [...AGAINST, LSTM_RIVAL] : AGAINST,
    leadTime: leadTimes = leadTimesOf(LEAD_TIMES),
    rideThrough: rideThroughsS = spansOf(RIDE_THROUGHS),
  } = options;
  const { sweep = SWEPT_PER_HOUR, targetStallsPpm, trainShare, gap: gapS, seed } = options;
  const choices = {
    classes: options.class === 'both' ? CLASSES : [options.class],
    targetStallsPpm,
    allocationsPerHour: options.allocationsPerHour,
  };
  const space = spaceOf(options);
  return {
    contestants: [...ruleContestants(choices), ...rivalContestants(rivalIds(against, hasLstm))],
    swept: sweptRules(
      choices,
      sweep.filter((each) => each !== options.allocationsPerHour),
    ),
    leadTimes,
    rideThroughsS,
    outagesS: options.outage ?? outagesOf(rideThroughsS),
    targetStallsPpm,
    seed,
    models: {},
    spaceOf: () => space,
    trainShare,
    gapS,
    origins: options.refit === undefined ? options.origins : originsOf(set, options, options.refit),
  };
}

function rivalIds(against: readonly string[], hasLstm: boolean): readonly string[] {
  const [first] = against;
  if (against.length !== 1) return against;
  if (first === 'none') return [];
  return first === 'all' ? RIVALS.filter(({ needs }) => needs === undefined || hasLstm).map(({ id }) => id) : against;
}

function outagesOf(rideThroughsS: readonly number[]): number[] {
  const asked = rideThroughsS.filter((each) => each > 0);
  return asked.length > 0 ? asked : [OUTAGE_S];
}

function originsOf(set: DemandSet, { trainShare, gap, origins }: BacktestOptions, refitS: number): number {
  if (origins !== 1) throw new SequenceError('SEQ_CONFIG_INVALID', '--origins and --refit say the same: give one of them');
  if (refitS <= 0) throw new SequenceError('SEQ_CONFIG_INVALID', '--refit is 0: give the time between two tunings, such as 1d');
  const longestS = set.streams.reduce((most, { seconds }) => Math.max(most, seconds), 0);
  return Math.max(1, Math.round((longestS * (1 - trainShare) - gap) / refitS));
}

function spaceOf({ max, used }: BacktestOptions): ValueSpace {
  const left = (max === undefined ? VALUE_MAX : BigInt(max)) - BigInt(used);
  if (left >= 0n) return { left: Number(left) };
  throw new SequenceError(
    'SEQ_CONFIG_INVALID',
    `--used ${used} is above --max ${max ?? VALUE_MAX}: give the value that the sequence is at`,
  );
}
