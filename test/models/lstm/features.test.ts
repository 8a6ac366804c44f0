import { describe, expect, test } from 'vitest';
import { FeatureWriter, featureBatch, LEAD_COLUMN, LEAD_FEATURES, STATIC_FEATURES, STEP_FEATURES } from '../../../models/lstm/features.ts';
import { ABSENT, announcedDemand, leadDemands } from '../../../models/lstm/spans.ts';
import { daily, MINUTE_MS, SMALL_SPEC, series } from './series.ts';

function leadsOf(history: ReturnType<typeof series>, column: number): number[] {
  const batch = featureBatch(SMALL_SPEC, 1);
  expect(new FeatureWriter(SMALL_SPEC).write(history, history.demand.length, batch, 0)).toBe(true);
  return SMALL_SPEC.leadsBins.map((_, i) => batch.leads[i * LEAD_FEATURES + column] as number);
}

describe('demand at the leads of a stretch', () => {
  const into = new Float64Array(3);

  test('is the sum of its bins, or each bin by itself', () => {
    const history = series(10, (bin) => bin);
    leadDemands(history, 4, 10, 0, { leadsBins: [1, 2, 4], of: 'total' }, into);
    expect([...into]).toEqual([4, 9, 22]);
    leadDemands(history, 4, 10, 0, { leadsBins: [1, 2, 4], of: 'bin' }, into);
    expect([...into]).toEqual([4, 5, 7]);
  });

  test('takes what lies beyond the end from a season before', () => {
    leadDemands(
      series(10, (bin) => bin),
      7,
      10,
      3,
      { leadsBins: [3, 4, 7], of: 'bin' },
      into,
    );
    expect([...into]).toEqual([9, 7, 7]);
  });

  test('makes up for outages in proportion, and is absent where too little was seen', () => {
    const history = series(6, () => 5, { outages: Uint8Array.from([0, 1, 0, 1, 1, 1]) });
    leadDemands(history, 0, 6, 0, { leadsBins: [2, 4, 6], of: 'total' }, into);
    expect([...into]).toEqual([10, 20, ABSENT]);
  });
});

describe('features', () => {
  test('of a day that repeats say that everything is as yesterday', () => {
    for (const column of [LEAD_COLUMN.yesterday, LEAD_COLUMN.lastDays, LEAD_COLUMN.lastWeek]) {
      const shown = leadsOf(daily(400, 10), column);
      const truth = SMALL_SPEC.leadsBins.map((lead) => {
        let sum = 0;
        for (let bin = 400; bin < 400 + lead; bin++) sum += 10 * (2 + Math.sin((bin / 24) * 2 * Math.PI));
        return Math.log1p(sum) - Math.log1p(20 * lead);
      });
      for (const [i, value] of shown.entries()) expect(value).toBeCloseTo(truth[i] as number, 5);
    }
  });

  test('do not change when the history before the last week and day is cut off', () => {
    const long = daily(2_000, 10);
    // Whole weeks are cut, so that the calendar stays.
    const cut = 168 * 10;
    const short = { ...long, startMs: cut * MINUTE_MS, demand: long.demand.slice(cut) };
    for (let column = 0; column < LEAD_FEATURES; column++) expect(leadsOf(short, column)).toEqual(leadsOf(long, column));
  });

  test('show an announced burst in the leads that it falls into, and nothing without one', () => {
    const burst = { fromMs: 401 * MINUTE_MS, untilMs: 402 * MINUTE_MS, rate: 2 };
    expect(leadsOf(daily(400, 10), LEAD_COLUMN.announced)).toEqual([0, 0, 0]);
    const shown = leadsOf(daily(400, 10, { announced: [burst] }), LEAD_COLUMN.announced);
    expect(shown[0]).toBe(0);
    expect(shown[1]).toBeCloseTo(Math.log1p(120 / 41), 5);
    expect(announcedDemand([burst], 401.5 * MINUTE_MS, 500 * MINUTE_MS)).toBe(60);
  });

  test('mark an outage and show nothing of the demand in it', () => {
    const outages = new Uint8Array(400);
    outages[398] = 1;
    const history = daily(400, 10, { outages });
    history.demand[398] = 1e6;
    const batch = featureBatch(SMALL_SPEC, 1);
    new FeatureWriter(SMALL_SPEC).write(history, 400, batch, 0);
    const at = (SMALL_SPEC.contextBins - 2) * STEP_FEATURES;
    expect(batch.steps[at]).toBe(0);
    expect(batch.steps[at + 7]).toBe(1);
    expect(batch.statics[0]).toBeLessThan(1);
  });

  test('tell client types and services apart, and streams of one kind alike', () => {
    const batch = featureBatch(SMALL_SPEC, 3);
    const writer = new FeatureWriter(SMALL_SPEC);
    writer.write(daily(400, 10, { clientType: 'batch', service: 'billing' }), 400, batch, 0);
    writer.write(daily(400, 10, { clientType: 'office', service: 'billing' }), 400, batch, 1);
    writer.write(daily(400, 10, { clientType: 'batch', service: 'billing', key: 'other' }), 400, batch, 2);
    const width = batch.hashes.length / 3;
    const [first, second, third] = [0, 1, 2].map((row) => [...batch.hashes.subarray(row * width, (row + 1) * width)]);
    expect(first).not.toEqual(second);
    expect(first).toEqual(third);
    expect(batch.statics.length).toBe(3 * STATIC_FEATURES);
  });

  test('stay finite whatever the demand, and say so where it is not a number', () => {
    const batch = featureBatch(SMALL_SPEC, 1);
    const writer = new FeatureWriter(SMALL_SPEC);
    for (const demandAt of [() => 0, () => 1e9, (bin: number) => (bin === 399 ? 1e300 : 0), (bin: number) => 10 ** (bin % 300)]) {
      expect(writer.write(series(400, demandAt), 400, batch, 0)).toBe(true);
      expect(batch.steps.every(Number.isFinite) && batch.leads.every(Number.isFinite)).toBe(true);
    }
    expect(
      writer.write(
        series(400, (bin) => (bin === 399 ? Number.NaN : 1)),
        400,
        batch,
        0,
      ),
    ).toBe(false);
    expect(
      writer.write(
        series(400, (bin) => (bin === 300 ? Number.POSITIVE_INFINITY : 1)),
        305,
        batch,
        0,
      ),
    ).toBe(false);
  });
});
