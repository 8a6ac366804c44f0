import { describe, expect, test } from 'vitest';
import type { DemoProgress, StreamProgress } from '../../cli/demo/progress.ts';
import { frame, plainLine, SCREEN_COLUMNS_MAX, SCREEN_ROWS_MAX, Screen } from '../../cli/screen.ts';

function stream(factor: number): StreamProgress {
  return {
    stream: `nasa-demo/x${factor}/nasa`,
    factor,
    way: 'in process',
    demandPerSecond: 1_234 * factor,
    forecastMedian: 98_765 * factor,
    forecastUpper: 123_456 * factor,
    stock: 234_567 * factor,
    reorderPoint: 150_000 * factor,
    waiting: 12,
    requests: 181_440,
    stalled: 18_144,
    stalledPpm: 100_000,
    waitMsMean: 3_600_000,
    waitMsMax: 7_000_000,
    retries: 0,
    meanIdle: 98_765 * factor,
    allocations: 30_000,
    allocationsPerHour: 59.5,
    leadTimeMs: 5_400_000,
    demandHistory: new Array<number>(72).fill(1_234.5),
    stockHistory: Array.from({ length: 72 }, (_, i) => i * 1_000),
  };
}

const PROGRESS: DemoProgress = {
  kind: 'progress',
  share: 0.431,
  traceMs: Date.UTC(1995, 6, 13, 4, 10),
  day: 13,
  days: 21,
  etaMs: 288_000,
  speedUp: 3_600,
  achievedSpeedUp: 3_600,
  behindMs: 0,
  values: 849_994_640,
  requests: 544_471,
  duplicates: 0,
  intervals: 5,
  streams: [1, 50, 500].map(stream),
};

describe('the frame', () => {
  test('fits 24 lines of 100 columns, with the largest figures of the trace', () => {
    for (const progress of [PROGRESS, { ...PROGRESS, achievedSpeedUp: 1_200, behindMs: 80_000_000, etaMs: 9_000_000 }]) {
      const lines = frame(progress);
      expect(lines.length).toBeLessThan(SCREEN_ROWS_MAX);
      for (const line of lines) expect([...line].length, line).toBeLessThanOrEqual(SCREEN_COLUMNS_MAX);
    }
  });

  test('says where the demo is and what every stream has', () => {
    const text = frame(PROGRESS).join('\n');
    expect(text).toContain('43.1 %  Thu 13 Jul 1995 04:10  day 13 of 21  4.8 min left');
    expect(text).toContain('one second is 60 min');
    expect(text).toContain('849,994,640 values in 544,471 requests, 0 duplicates');
    expect(text).toMatch(/×50 +61\.7k +4\.94M–6\.17M +11\.7M/);
    expect(text).not.toContain('cannot keep up');
  });

  test('says so when the machine cannot keep up', () => {
    const late = { ...PROGRESS, achievedSpeedUp: 1_200, behindMs: 8_000_000 };
    expect(frame(late).join('\n')).toContain('cannot keep up: 1,200 ×, 2.2 h behind');
    expect(plainLine(late)).toContain('behind 2.2 h, 1,200 x real time');
  });

  test('is one line where nothing can be redrawn', () => {
    expect(plainLine(PROGRESS)).not.toContain('\n');
    expect(plainLine(PROGRESS)).toContain('0 duplicates');
  });
});

describe('the screen', () => {
  test('draws over the frame before, in the rows and columns there are', () => {
    const written: string[] = [];
    const screen = new Screen({ write: (text) => written.push(text), columns: 5, rows: 3 });
    screen.draw(['first line', 'second', 'never seen']);
    screen.draw(['again']);
    expect(written).toEqual(['\u001b[2Kfirst\n\u001b[2Ksecon\n\u001b[0J', '\u001b[2F\u001b[2Kagain\n\u001b[0J']);
  });
});
