/** What contests of all streams come to: a row for each policy and setting, who is on the fronts, and what the forecast was worth. */
import { operationsPerHour, type StreamResult, stalledPpm, survivedPercent } from '../harness/result.ts';
import type { ForecastWorth, LeaderboardRow } from '../report/backtest-report.ts';
import type { Contestant } from './contestant.ts';
import { frontOf } from './fronts.ts';

export interface LeaderboardInput {
  readonly contestant: Contestant;
  readonly result: StreamResult;
}

/** Who survives fewer of the outages that a ride-through is for has not done what was asked. */
const SURVIVED_PERCENT_MIN = 99;

/**
 * The rows of one setting, best first: who stalls least, of those who survives the ride-through, of those who holds least. On a front is
 * nobody who stalls more than asked or does not survive, unless the rule itself does no better.
 */
export function rankedRows(inputs: readonly LeaderboardInput[], targetPpm: number): LeaderboardRow[] {
  const own = inputs.find(({ contestant }) => contestant.group === 'seqcast');
  // Where even the rule stalls more, a first-ever burst say, the others may stall as much.
  const admittedPpm = Math.max(targetPpm, own === undefined ? 0 : stalledPpm(own.result));
  const survivedMin = Math.min(SURVIVED_PERCENT_MIN, own === undefined ? 100 : survived(own.result));
  const admitted = inputs.filter(({ contestant, result }) => {
    return contestant.group !== 'bound' && stalledPpm(result) <= admittedPpm && survived(result) >= survivedMin;
  });
  const front = (other: (result: StreamResult) => number): Set<LeaderboardInput> => {
    const marks = frontOf(admitted.map(({ result }) => ({ cost: result.meanIdle, other: other(result) })));
    return new Set(admitted.filter((_, i) => marks[i]));
  };
  const operations = front(operationsPerHour);
  const autonomy = front((result) => -result.autonomyMinutes.mean);
  return inputs
    .map((input) => {
      const { group } = input.contestant;
      const { policy, leadTime, rideThroughS } = input.result;
      const marks = { onOperationsFront: operations.has(input), onAutonomyFront: autonomy.has(input) };
      return { policy, group, leadTime, rideThroughS, result: input.result, ...marks };
    })
    .sort((a, b) => compared(a, b, survivedMin));
}

/** Of outages as long as the ride-through; all where none is asked for. */
function survived({ outages, rideThroughS }: StreamResult): number {
  const outage = outages.find((each) => rideThroughS > 0 && each.outageS === rideThroughS);
  return outage === undefined ? 100 : survivedPercent(outage);
}

function compared(a: LeaderboardRow, b: LeaderboardRow, survivedMin: number): number {
  const falls = (row: LeaderboardRow): number => (survived(row.result) < survivedMin ? 1 : 0);
  const byDuty = stalledPpm(a.result) - stalledPpm(b.result) || falls(a) - falls(b);
  return byDuty || a.result.meanIdle - b.result.meanIdle || (a.policy < b.policy ? -1 : 1);
}

/** The rule with its forecast against the rule without, in each setting that has both. */
export function worthOf(rows: readonly LeaderboardRow[]): ForecastWorth[] {
  return rows.flatMap((row) => {
    if (row.group !== 'seqcast') return [];
    const { leadTime, rideThroughS, result: withForecast } = row;
    const without = rows.find((each) => {
      return each.group === 'without forecast' && each.leadTime === leadTime && each.rideThroughS === rideThroughS;
    });
    if (without === undefined) return [];
    const withoutForecast = without.result;
    const idleSavedShare = withoutForecast.meanIdle === 0 ? 0 : 1 - withForecast.meanIdle / withoutForecast.meanIdle;
    const stalledPpmMore = stalledPpm(withForecast) - stalledPpm(withoutForecast);
    return [{ leadTime, rideThroughS, withForecast, withoutForecast, idleSavedShare, stalledPpmMore }];
  });
}
