/** The rule under several settings over all streams of a set: on the part that settings are chosen on, or on the rest. */
import { VERSION } from '../../core/version.ts';
import type { StreamResult } from '../harness/result.ts';
import type { Setting } from '../orchestration/cells.ts';
import { contest, type OnSeconds } from '../orchestration/contest.ts';
import type { FinishedCells } from '../orchestration/finished-cells.ts';
import { pooledOverStreams } from '../orchestration/pooling.ts';
import { type RuleSettings, ruleContestant } from '../orchestration/rule-contestants.ts';
import { type Split, type SplitOptions, splitsOf } from '../orchestration/splits.ts';
import type { DemandSet } from '../sources/demand-source.ts';
import type { TuningRuns } from './tune.ts';

export interface ReplayedPart extends SplitOptions {
  readonly setting: Setting;
  readonly seed: number;
  readonly finished: FinishedCells;
  readonly onSeconds: OnSeconds;
}

/** Of the part that settings are chosen on, so much only warms the rule up. */
const WARM_UP_SHARE = 0.5;

export function tuningRuns(set: DemandSet, part: ReplayedPart): TuningRuns {
  const splitOf = (stream: string, seconds: number): Split => {
    const [split] = splitsOf(stream, seconds, { ...part, origins: 1 });
    if (split === undefined) throw new Error('a trace has at least one split');
    return split;
  };
  const trainingSplit = ({ trainedUntilS }: Split): Split => {
    const countedFromS = Math.floor(trainedUntilS * WARM_UP_SHARE);
    return { trainedUntilS: countedFromS, countedFromS, countedUntilS: trainedUntilS };
  };
  return {
    onTraining: (settings) => replayed(set, part, settings, (stream, seconds) => trainingSplit(splitOf(stream, seconds))),
    onRest: (settings) => replayed(set, part, settings, splitOf),
  };
}

async function replayed(
  set: DemandSet,
  { setting, seed, finished, onSeconds }: ReplayedPart,
  settings: readonly RuleSettings[],
  splitOf: (stream: string, seconds: number) => Split,
): Promise<StreamResult[]> {
  const contestants = settings.map((each) => ruleContestant(each, 'seqcast'));
  const origin = { version: VERSION, dataSha256: set.sha256, models: {} };
  const byStream: StreamResult[][] = [];
  for (const source of set.streams) {
    const splits = [splitOf(source.name, source.seconds)];
    const outagesS = setting.rideThroughS > 0 ? [setting.rideThroughS] : [];
    const results = await contest(source, {
      contestants,
      setting,
      splits,
      outagesS,
      seed,
      recorded: [],
      voices: [],
      origin,
      finished,
      onSeconds,
    });
    byStream.push(results.map(({ result }) => result));
  }
  return settings.map((_, i) =>
    pooledOverStreams(
      byStream.flatMap((results) => results[i] ?? []),
      `${byStream.length} streams`,
    ),
  );
}
