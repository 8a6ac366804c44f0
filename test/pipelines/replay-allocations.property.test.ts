/** Allocations decided again from what was recorded: in whatever order things were heard, and never by something that did not happen. */
import { describe, expect, test } from 'vitest';
import type { Decision, ShardAllocated } from '../../core/ledger/records.ts';
import { decidedAgain, type Recording, recorded } from './recorded-allocator.ts';

const STEPS = 3_000;
const SEEDS = [1, 2, 3, 4];
const recordings = new Map(SEEDS.map((seed) => [seed, recorded(seed, STEPS)]));

function recordingOf(seed: number): Recording {
  return recordings.get(seed) as Recording;
}

/** The recording with one field of one decision in its middle changed, in all shards that it led to. */
function forged(recording: Recording, change: (decision: Decision) => Partial<Decision>): Recording {
  const chosen = JSON.stringify(allocations(recording).at(-10)?.decision);
  const shards = recording.shards.map((each) => {
    const { record } = each;
    if (record.kind !== 'ShardAllocated' || JSON.stringify(record.decision) !== chosen) return each;
    return { ...each, record: { ...record, decision: { ...record.decision, ...change(record.decision) } } };
  });
  return { ...recording, shards };
}

function allocations({ shards }: Recording): ShardAllocated[] {
  return shards.flatMap(({ record }) => (record.kind === 'ShardAllocated' ? [record] : []));
}

describe('allocations of a live allocator', () => {
  test.each(SEEDS)('are all decided again, though everything was late by chance (seed %i)', (seed) => {
    const recording = recordingOf(seed);
    const counts = decidedAgain(recording);
    expect(counts.differences).toEqual([]);
    expect(counts.allocations).toBeGreaterThan(20);
    expect(counts.agreeing).toBe(counts.allocations);
  });

  test('come about by order, by forecast and for a return, and some proposals lose: the test sees what it must', () => {
    const seeds = SEEDS.map(recordingOf);
    const triggers = new Set(seeds.flatMap(allocations).map(({ decision }) => decision.trigger));
    expect([...triggers].sort()).toEqual(['forecast', 'order', 'replace']);
    const accepted = seeds.reduce((sum, each) => sum + decidedAgain(each).allocations, 0);
    expect(seeds.flatMap(allocations).length).toBeGreaterThan(accepted);
  });
});

describe('an allocation that was not decided so', () => {
  test.each<[string, (decision: Decision) => Partial<Decision>]>([
    ['rate', ({ rate }) => ({ rate: rate + rate * Number.EPSILON })],
    ['position', ({ position }) => ({ position: position - 1 })],
    ['reorderPoint', ({ reorderPoint }) => ({ reorderPoint: reorderPoint + 1 })],
    ['orderUpTo', ({ orderUpTo }) => ({ orderUpTo: orderUpTo + 1 })],
    ['reserve', ({ reserve }) => ({ reserve: reserve === 'declared' ? 'floor' : 'declared' })],
  ])('is told by its %s', (field, change) => {
    const counts = decidedAgain(forged(recordingOf(3), change));
    expect(counts.differences).toHaveLength(1);
    expect(counts.agreeing + counts.differing).toBe(counts.allocations);
    expect(counts.differences[0]?.fields.map((each) => each.field)).toContain(field);
  });

  test('is told where it names a forecast that is not there', () => {
    const counts = decidedAgain(forged(recordingOf(3), () => ({ forecastAtMs: 1 })));
    expect([...counts.underivable.keys()]).toEqual(['the forecast that it names is not in the log']);
    expect(counts.differing).toBe(0);
  });
});
