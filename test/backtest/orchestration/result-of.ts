/** A result of which a test says what matters to it. */
import type { StreamResult } from '../../../backtest/harness/result.ts';

export function resultOf(parts: Partial<StreamResult>): StreamResult {
  return {
    policy: 'rule',
    stream: 'web',
    leadTime: '10ms',
    rideThroughS: 0,
    seconds: 3_600,
    demanded: 1_000,
    stalled: 0,
    stalledAtFirst: 0,
    lost: 0,
    waitS: { p50: 0, p99: 0, p999: 0, max: 0 },
    orders: 50,
    returns: 0,
    meanIdle: 100,
    maxIdle: 200,
    autonomyMinutes: { mean: 5, min: 1 },
    outages: [],
    burntAtCrash: 100,
    burntAtStop: 0,
    ...parts,
  };
}
