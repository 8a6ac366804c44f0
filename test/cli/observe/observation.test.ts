/** Readings become demand by span: what was not seen is spread or left out, and said either way. */
import { describe, expect, test } from 'vitest';
import type { Reading } from '../../../adapters/counters/observed-source.ts';
import { Observation } from '../../../cli/observe/observation.ts';

const START_MS = Date.UTC(2026, 0, 1, 12);

function reading(position: number, more: Partial<Reading> = {}): Reading {
  return { position: BigInt(position), life: '', block: 1, resolution: 1, ...more };
}

/** Notes readings at seconds from the start: the counts that came of them, the sentences, and the totals. */
function observed(
  readings: readonly (readonly [second: number, reading: Reading])[],
  options: { spread?: boolean; everyMs?: number } = {},
) {
  const observation = new Observation({ everyMs: 1_000, spread: false, ...options });
  const counts = new Map<number, number>();
  const said: string[] = [];
  for (const [second, each] of readings) {
    const noted = observation.note(each, START_MS + second * 1_000);
    for (const row of noted.rows) counts.set((row.startMs - START_MS) / 1_000, row.count);
    said.push(...noted.said);
  }
  return { counts: [...counts], said, totals: observation.totals };
}

describe('an observation', () => {
  test('counts what went between two readings, however late within the span they came', () => {
    const { counts, said, totals } = observed([
      [0.01, reading(100)],
      [1.02, reading(103)],
      [2.4, reading(103)],
      [2.45, reading(105)],
      [2.9, reading(110)],
    ]);
    expect(counts).toEqual([
      [0, 3],
      [1, 0],
      [2, 7],
    ]);
    expect(said).toEqual([]);
    expect(totals).toMatchObject({ rows: 3, values: 10, peak: 7, fetches: 10, gaps: 0 });
  });

  test('spreads a short gap evenly, to the last value, and says so', () => {
    const { counts, said, totals } = observed([
      [0, reading(0)],
      [5, reading(13)],
    ]);
    expect(counts.map(([, count]) => count)).toEqual([2, 3, 2, 3, 3]);
    expect(said).toEqual(['no reading for 4 s until 2026-01-01T12:00:05.000Z: what went meanwhile is spread evenly over it']);
    expect(totals).toMatchObject({ gaps: 1, spreadMs: 4_000, leftOutMs: 0, values: 13 });
  });

  test('leaves a gap of more than ten minutes out', () => {
    const { counts, said, totals } = observed([
      [0, reading(0)],
      [1, reading(1)],
      [700, reading(5_000)],
      [701, reading(5_002)],
    ]);
    expect(counts).toEqual([
      [0, 1],
      [700, 2],
    ]);
    expect(said).toHaveLength(1);
    expect(totals).toMatchObject({ gaps: 1, leftOutMs: 699_000, values: 3 });
  });

  test.each([
    ['went back', reading(5), 'its position went back by 995'],
    ['was altered', reading(2_000, { life: 'altered' }), 'it began anew or was altered'],
    ['was set far ahead', reading(1_000_000_000), 'its position leapt ahead by 999,999,000'],
  ])('of a generator that %s makes up no demand', (_, next, why) => {
    const { counts, said, totals } = observed([
      [0, reading(990)],
      [1, reading(1_000)],
      [2, next],
      [3, { ...next, position: next.position + 7n }],
    ]);
    expect(counts).toEqual([
      [0, 10],
      [2, 7],
    ]);
    expect(said).toEqual([expect.stringContaining(why)]);
    expect(totals).toMatchObject({ restarts: 1, leftOutMs: 1_000, values: 17 });
  });

  test('counts on where a generator that cycles begins again, and not where it was reset', () => {
    const cycles = { period: 1_000n };
    const { counts, totals } = observed([
      [0, reading(990, cycles)],
      [1, reading(4, cycles)],
      [2, reading(600, cycles)],
      [3, reading(0, cycles)],
    ]);
    expect(counts).toEqual([
      [0, 14],
      [1, 596],
      [2, 400],
    ]);
    expect(totals.restarts).toBe(0);
    const reset = observed([
      [0, reading(400, cycles)],
      [1, reading(0, cycles)],
    ]);
    expect(reset.totals.restarts).toBe(1);
  });

  test('says once that blocks hide demand, whether the generator told of them or its moves did', () => {
    const told = observed([
      [0, reading(0, { block: 100, resolution: 100 })],
      [1, reading(100, { block: 100, resolution: 100 })],
      [2, reading(300, { block: 100, resolution: 100 })],
    ]);
    expect(told.said).toEqual([expect.stringContaining('moves in blocks of 100')]);
    expect(told.totals).toMatchObject({ fetches: 3, block: 100 });
    const positions = [0, 50, 100, 200, 200, 250, 400];
    const seen = observed(positions.map((position, second) => [second, reading(position)] as const));
    expect(seen.said).toEqual([expect.stringContaining('moves in blocks of 50')]);
    const single = observed(positions.map((position, second) => [second, reading(position + (second > 1 ? 1 : 0))] as const));
    expect(single.said).toEqual([]);
  });

  test('spreads blocks over the time since the block before, where that is wished', () => {
    const block = { block: 100, resolution: 100 };
    const readings = [0, 0, 0, 100, 100, 300].map((position, second) => [second, reading(position, block)] as const);
    const { counts, totals } = observed(readings, { spread: true });
    expect(counts.map(([, count]) => count)).toEqual([33, 33, 34, 100, 100]);
    expect(totals).toMatchObject({ values: 300, gaps: 0 });
  });
});
