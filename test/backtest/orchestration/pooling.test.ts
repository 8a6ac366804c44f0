import { describe, expect, it } from 'vitest';
import { pooledOverStreams, pooledOverTime } from '../../../backtest/orchestration/pooling.ts';
import { resultOf } from './result-of.ts';

describe('results of one stream, pooled over time', () => {
  it('add counts up and weigh idle stock by time', () => {
    const pooled = pooledOverTime([
      resultOf({ seconds: 100, meanIdle: 10, maxIdle: 20, orders: 1, demanded: 5 }),
      resultOf({ seconds: 300, meanIdle: 50, maxIdle: 15, orders: 2, demanded: 7 }),
    ]);
    expect(pooled).toMatchObject({ seconds: 400, meanIdle: 40, maxIdle: 20, orders: 3, demanded: 12 });
  });

  it('pool outages of one length and no others', () => {
    const outage = { asked: 10, survived: 9, stalledShare: 0.1 };
    const { outages } = pooledOverTime([
      resultOf({
        outages: [
          { outageS: 60, ...outage },
          { outageS: 300, ...outage },
        ],
      }),
      resultOf({ outages: [{ outageS: 60, asked: 10, survived: 1, stalledShare: 0.3 }] }),
    ]);
    expect(outages).toEqual([
      { outageS: 60, asked: 20, survived: 10, stalledShare: 0.2 },
      { outageS: 300, asked: 10, survived: 9, stalledShare: 0.1 },
    ]);
  });
});

describe('results of several streams', () => {
  it('add up idle stock: each has a stock of its own', () => {
    expect(pooledOverStreams([resultOf({ meanIdle: 10 }), resultOf({ meanIdle: 32 })], 'both')).toMatchObject({
      stream: 'both',
      meanIdle: 42,
      seconds: 3_600,
    });
  });

  it('never say that values waited less than they did', () => {
    const calm = resultOf({ demanded: 99_000 });
    const late = resultOf({ demanded: 1_000, stalled: 600, waitS: { p50: 0.2, p99: 2, p999: 3, max: 4 } });
    const { waitS } = pooledOverStreams([calm, late], 'both');
    // 600 of 100,000 waited: the median and p99 did not; p99.9 lies among the latest hundred of those who did.
    expect(waitS).toEqual({ p50: 0, p99: 0, p999: 2, max: 4 });
  });
});
