/**
 * A whole backtest: every contestant on every stream under every lead time and ride-through, and what is found on the way. The same
 * demand and plan give the same report, byte for byte, whether it was interrupted or not; nothing in it knows what time it is.
 */

import type { ValueSpace } from '../../core/exhaustion-dates.ts';
import { VERSION } from '../../core/version.ts';
import { adviceOn } from '../advice/stream-advice.ts';
import type { MinuteVoices } from '../policies/minute-voices.ts';
import type { BacktestManifest, BacktestReport, LeaderboardRow } from '../report/backtest-report.ts';
import type { DemandSet, DemandSource } from '../sources/demand-source.ts';
import type { LeadTimeChoice, Setting } from './cells.ts';
import { type ContestResult, contest, nameOf, type OnSeconds } from './contest.ts';
import type { Contestant } from './contestant.ts';
import type { FinishedCells } from './finished-cells.ts';
import { rankedRows, worthOf } from './leaderboard.ts';
import { pooledOverStreams } from './pooling.ts';
import { type Split, type SplitOptions, splitsOf, wholeSplit } from './splits.ts';
import { type FoundInStream, foundIn, pooledCalibration } from './stream-findings.ts';

export interface BacktestPlan extends SplitOptions {
  readonly contestants: readonly Contestant[];
  /** The rule at other prices of an allocation: for the fronts. */
  readonly swept: readonly Contestant[];
  readonly leadTimes: readonly LeadTimeChoice[];
  readonly rideThroughsS: readonly number[];
  readonly outagesS: readonly number[];
  readonly targetStallsPpm: number;
  readonly seed: number;
  readonly models: Readonly<Record<string, string>>;
  /** What they say of a stream, from the second on until which they may have been trained; left out where there are none. */
  readonly speak?: (source: DemandSource, fromS: number) => Promise<readonly MinuteVoices[]>;
  /** What is left of a sequence's values, where it is known. */
  readonly spaceOf: (sequence: string) => ValueSpace | undefined;
}

export interface BacktestRun {
  readonly finished: FinishedCells;
  /** Told of what is done, in seconds of one stream under one policy; may pause, or throw to end it all. */
  readonly onSeconds: OnSeconds;
  readonly onStream: (stream: string) => void;
}

/** Streams whose stock over time is shown: the most voluminous. */
const SHOWN_STREAMS = 4;

/** Seconds of streams under policies that the plan comes to, for whoever says how far it is. */
export function plannedSeconds(set: DemandSet, plan: BacktestPlan): number {
  const runs = plan.rideThroughsS.flatMap((rideThroughS) => {
    return [...plan.contestants, ...plan.swept].filter(({ runsWith }) => runsWith?.(rideThroughS) ?? true);
  });
  const fitted = runs.filter((each) => each.fitted).length;
  return set.streams.reduce((sum, { name, seconds }) => {
    const splits = splitsOf(name, seconds, plan);
    const replays = (runs.length - fitted) * seconds + fitted * splits.reduce((total, each) => total + each.countedUntilS, 0);
    return sum + plan.leadTimes.length * replays + seconds;
  }, 0);
}

export async function backtest(set: DemandSet, plan: BacktestPlan, run: BacktestRun): Promise<BacktestReport> {
  const entries = [...plan.contestants, ...plan.swept];
  const settings = plan.leadTimes.flatMap((leadTime) => plan.rideThroughsS.map((rideThroughS) => ({ leadTime, rideThroughS })));
  const split = (source: DemandSource): Split[] => splitsOf(source.name, source.seconds, plan);
  // Whatever is too short is said before hours are spent on the others.
  for (const source of set.streams) split(source);
  const found: FoundInStream[] = [];
  const contests = new Map<Setting, ContestResult[][]>(settings.map((setting) => [setting, []]));
  const origin = { version: VERSION, dataSha256: set.sha256, models: plan.models };
  for (const source of set.streams) {
    run.onStream(source.name);
    const splits = split(source);
    const { trainedUntilS, countedFromS } = wholeSplit(splits);
    const voices = (await plan.speak?.(source, trainedUntilS)) ?? [];
    found.push(await foundIn(source, { settings, countedFromS, origin, voices, ...run }));
    for (const setting of settings) {
      const recorded = setting === settings[0] ? recordedOf(plan) : [];
      const options = { contestants: entries, setting, splits, outagesS: plan.outagesS, seed: plan.seed, recorded, origin, voices, ...run };
      contests.get(setting)?.push(await contest(source, options));
    }
  }
  return assembled(set, plan, { contests, found, splits: split(longestOf(set.streams)) });
}

interface Findings {
  readonly contests: ReadonlyMap<Setting, readonly (readonly ContestResult[])[]>;
  readonly found: readonly FoundInStream[];
  readonly splits: readonly Split[];
}

function assembled(set: DemandSet, plan: BacktestPlan, { contests, found, splits }: Findings): BacktestReport {
  const rows = [...contests.values()].flatMap((streams) => settingRows(streams, plan));
  const swept = new Set(plan.swept.map(({ name }) => name));
  const leaderboard = rows.filter(({ policy }) => !swept.has(policy));
  const shown = [...found].sort((a, b) => b.profile.demanded - a.profile.demanded).slice(0, SHOWN_STREAMS);
  const isShown = (stream: string): boolean => shown.some(({ profile }) => profile.stream === stream);
  const recordings = [...contests.values()].flat(2).flatMap(({ recording }) => (recording === undefined ? [] : [recording]));
  const histories = recordings.filter(({ history }) => isShown(history.stream));
  return {
    manifest: manifestOf(set, plan),
    repairs: set.repairs,
    streams: found.map(({ profile }) => ({ name: profile.stream, seconds: profile.seconds, demanded: profile.demanded })),
    split: splitDates(longestOf(set.streams), splits, plan),
    leaderboard,
    sweep: rows.filter(({ policy }) => swept.has(policy)),
    worth: worthOf(leaderboard),
    histories: histories.map(({ history }) => history),
    worstHours: histories.flatMap(({ worstHour }) => (worstHour === undefined ? [] : [worstHour])),
    calibration: pooledCalibration(found.map(({ quality }) => quality.calibration)),
    weights: shown.map(({ quality }) => quality.weights),
    advice: adviceOn(
      found.map(({ profile, quality }) => ({ profile, forecast: quality })),
      plan.spaceOf,
    ),
  };
}

/** Streams side by side, contestant by contestant. */
function settingRows(streams: readonly (readonly ContestResult[])[], plan: BacktestPlan): LeaderboardRow[] {
  const name = streams.length === 1 ? undefined : `${streams.length} streams`;
  const inputs = [...plan.contestants, ...plan.swept].flatMap((contestant) => {
    const results = streams.flat().filter((each) => each.contestant === contestant);
    const [first] = results;
    if (first === undefined) return [];
    const pooled = pooledOverStreams(
      results.map((each) => each.result),
      name ?? first.result.stream,
    );
    return [
      {
        contestant,
        result: {
          ...pooled,
          policy: nameOf(
            contestant,
            results.map((each) => each.result),
          ),
        },
      },
    ];
  });
  return rankedRows(inputs, plan.targetStallsPpm);
}

/** The rule, and the first of its rivals: more lines than two hide each other. */
function recordedOf({ contestants }: BacktestPlan): string[] {
  const rule = contestants.find(({ group }) => group === 'seqcast');
  const rival = contestants.find(({ group }) => group === 'rival');
  return [rule, rival].flatMap((each) => (each === undefined ? [] : [each.id]));
}

function longestOf(streams: readonly DemandSource[]): DemandSource {
  const longest = streams.reduce<DemandSource | undefined>((most, each) => (most && most.seconds >= each.seconds ? most : each), undefined);
  if (longest === undefined) throw new Error('a set of demand has at least one stream');
  return longest;
}

function splitDates({ startMs }: DemandSource, splits: readonly Split[], { gapS, origins }: SplitOptions): BacktestReport['split'] {
  const { trainedUntilS, countedFromS, countedUntilS } = wholeSplit(splits);
  const at = (second: number): number => startMs + second * 1_000;
  return { trainedUntilMs: at(trainedUntilS), gapS, countedFromMs: at(countedFromS), untilMs: at(countedUntilS), origins };
}

function manifestOf(set: DemandSet, plan: BacktestPlan): BacktestManifest {
  const { trainShare, gapS, origins, outagesS, rideThroughsS, targetStallsPpm, seed, models } = plan;
  return {
    version: VERSION,
    from: set.from,
    dataSha256: set.sha256,
    seeds: { arrivals: seed },
    models,
    settings: {
      policies: plan.contestants.map(({ id }) => id),
      sweep: plan.swept.map(({ id }) => id),
      leadTimes: plan.leadTimes.map(leadTimeText),
      rideThroughsS,
      outagesS,
      trainShare,
      gapS,
      origins,
      targetStallsPpm,
    },
  };
}

function leadTimeText(choice: LeadTimeChoice): string {
  return choice.kind === 'fixed' ? choice.name : `${choice.name}: ${choice.samplesS.join(', ')} s`;
}
