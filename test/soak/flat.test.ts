import { expect, test } from 'vitest';
import { type Compared, comparedOf } from './flat.ts';
import type { ProcessLook } from './looking.ts';
import type { Minute } from './minutes.ts';

const WINDOWS = { warmMinutes: 2, windowMinutes: 3 };
const NOBODY = new Set<number>();

/** Twelve minutes of one worker and one door. */
function minutes(of: { process?: (minute: number) => Partial<ProcessLook>; waitMs?: (minute: number) => number }): Minute[] {
  return Array.from({ length: 12 }, (_, minute) => {
    const waitMs = of.waitMs?.(minute) ?? 3;
    return {
      minute,
      values: 1,
      doors: { http: { calls: 100, p50Ms: waitMs, p99Ms: 10 * waitMs, highestMs: 100 } },
      processes: {
        worker: { megabytes: 100, descriptors: 40, cpuShare: 0.1, ageSeconds: 60 * minute, lag: 0, ...of.process?.(minute) },
      },
    };
  });
}

const grown = (found: readonly Compared[]): string[] => found.filter(({ flat }) => !flat).map(({ what, of }) => `${what} of ${of}`);

test('what stays what it was is flat, however much it grew before it was warm', () => {
  const found = comparedOf(minutes({ process: (minute) => ({ megabytes: minute < 2 ? 50 : 100 }) }), WINDOWS, NOBODY);
  expect(found.map(({ what }) => what)).toEqual(['memory', 'descriptors', 'lag', 'latency p50', 'latency p99']);
  expect(grown(found)).toEqual([]);
});

test('memory, descriptors, lag and waits that grow are each named', () => {
  const found = comparedOf(
    minutes({
      process: (minute) => ({ megabytes: 100 + 3 * minute, descriptors: 40 + minute, lag: 60 * minute }),
      waitMs: (minute) => 3 + minute,
    }),
    WINDOWS,
    NOBODY,
  );
  expect(grown(found)).toEqual([
    'memory of worker',
    'descriptors of worker',
    'lag of worker',
    'latency p50 of http',
    'latency p99 of http',
  ]);
});

test('memory that goes up and comes down again is flat, and one that comes down less is not', () => {
  const sawtooth = (floor: number) => minutes({ process: (minute) => ({ megabytes: floor * minute + (minute % 3 === 1 ? 100 : 200) }) });
  expect(grown(comparedOf(sawtooth(0), WINDOWS, NOBODY))).toEqual([]);
  expect(grown(comparedOf(sawtooth(3), WINDOWS, NOBODY))).toEqual(['memory of worker']);
});

test('a worker that was started again is compared at the same distance from its own start', () => {
  const ageOf = (minute: number): number => 60 * (minute < 4 ? minute : minute - 4);
  const found = comparedOf(
    minutes({ process: (minute) => ({ ageSeconds: ageOf(minute), megabytes: minute < 4 ? 400 : 100 + (minute >= 8 ? 60 : 0) }) }),
    WINDOWS,
    NOBODY,
  );
  expect(found.find(({ what }) => what === 'memory')).toMatchObject({ early: 100, late: 160, flat: false });
});

test('waits of minutes with a kill in them are compared with nothing', () => {
  const waitMs = (minute: number): number => (minute === 10 || minute === 11 ? 5_000 : 3);
  expect(grown(comparedOf(minutes({ waitMs }), WINDOWS, NOBODY))).toHaveLength(2);
  expect(grown(comparedOf(minutes({ waitMs }), WINDOWS, new Set([10, 11])))).toEqual([]);
});

test('a run too short for two windows compares nothing with itself', () => {
  const short = minutes({}).slice(0, 3);
  expect(comparedOf(short, WINDOWS, NOBODY)).toEqual([]);
});
