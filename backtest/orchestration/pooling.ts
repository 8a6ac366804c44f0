/**
 * Several results of one policy as one: over the origins of a stream and over the streams of a set. Counts are added, idle stock of
 * one stream is averaged over time, and that of several streams is added up: each has a stock of its own.
 */
import type { OutageResult, StreamResult } from '../harness/result.ts';

/** Parts of one stream, one after the other. */
export function pooledOverTime(parts: readonly StreamResult[]): StreamResult {
  const seconds = sum(parts, (each) => each.seconds);
  const overTime = (value: (each: StreamResult) => number): number =>
    sum(parts, (each) => value(each) * each.seconds) / Math.max(1, seconds);
  return {
    ...counted(parts),
    seconds,
    meanIdle: overTime((each) => each.meanIdle),
    maxIdle: largest(parts, (each) => each.maxIdle),
    burntAtCrash: overTime((each) => each.burntAtCrash),
    burntAtStop: overTime((each) => each.burntAtStop),
  };
}

/** Streams side by side. Rates and means are those of all of them together, over the longest of their times. */
export function pooledOverStreams(results: readonly StreamResult[], name: string): StreamResult {
  return {
    ...counted(results),
    stream: name,
    seconds: largest(results, (each) => each.seconds),
    meanIdle: sum(results, (each) => each.meanIdle),
    maxIdle: sum(results, (each) => each.maxIdle),
    burntAtCrash: sum(results, (each) => each.burntAtCrash),
    burntAtStop: sum(results, (each) => each.burntAtStop),
  };
}

type Means = 'seconds' | 'meanIdle' | 'maxIdle' | 'burntAtCrash' | 'burntAtStop';

function counted(results: readonly StreamResult[]): Omit<StreamResult, Means> {
  const [first] = results;
  if (first === undefined) throw new Error('there is nothing to pool');
  return {
    policy: first.policy,
    stream: first.stream,
    leadTime: first.leadTime,
    rideThroughS: first.rideThroughS,
    demanded: sum(results, (each) => each.demanded),
    stalled: sum(results, (each) => each.stalled),
    stalledAtFirst: sum(results, (each) => each.stalledAtFirst),
    lost: sum(results, (each) => each.lost),
    waitS: pooledWaits(results),
    orders: sum(results, (each) => each.orders),
    returns: sum(results, (each) => each.returns),
    autonomyMinutes: {
      // Every stream must go on by itself: a mean over streams, weighted by the time each was watched.
      mean:
        sum(results, (each) => each.autonomyMinutes.mean * each.seconds) /
        Math.max(
          1,
          sum(results, (each) => each.seconds),
        ),
      min: results.reduce((least, each) => Math.min(least, each.autonomyMinutes.min), Infinity),
    },
    outages: pooledOutages(results),
  };
}

/**
 * Quantiles of all waits out of the quantiles of the parts: what lies between two of them is taken to wait as long as the upper one. So
 * they are never too small, and exact where one part makes up the tail.
 */
function pooledWaits(results: readonly StreamResult[]): StreamResult['waitS'] {
  const steps = results
    .flatMap(({ waitS, demanded, stalled }) => {
      const served = demanded === 0 ? 1 : 1 - stalled / demanded;
      let below = 0;
      return (
        [
          [served, 0],
          [0.5, waitS.p50],
          [0.99, waitS.p99],
          [0.999, waitS.p999],
          [1, waitS.max],
        ] as const
      ).map(([level, wait]) => {
        const values = Math.max(0, level - below) * demanded;
        below = Math.max(below, level);
        return { values, wait };
      });
    })
    .sort((a, b) => a.wait - b.wait);
  const total = sum(steps, (each) => each.values);
  const quantile = (level: number): number => {
    let below = 0;
    for (const { values, wait } of steps) {
      below += values;
      // Shares were multiplied and added up: a value of a billion is within the rounding.
      if (below >= level * total - 1e-9 * total) return wait;
    }
    return 0;
  };
  return { p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999), max: largest(results, (each) => each.waitS.max) };
}

function pooledOutages(results: readonly StreamResult[]): OutageResult[] {
  const [first] = results;
  return (first?.outages ?? []).map(({ outageS }) => {
    const same = results.flatMap(({ outages, demanded }) =>
      outages.filter((each) => each.outageS === outageS).map((each) => ({ ...each, demanded })),
    );
    const weight = sum(same, (each) => each.demanded);
    return {
      outageS,
      asked: sum(same, (each) => each.asked),
      survived: sum(same, (each) => each.survived),
      stalledShare: weight === 0 ? 0 : sum(same, (each) => each.stalledShare * each.demanded) / weight,
    };
  });
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

function largest<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((most, item) => Math.max(most, value(item)), 0);
}
