/** When a sequence is said to run out, and who is told how often; on a ledger of one claim and streams that are made up. */
import { describe, expect, it } from 'vitest';
import { emptyRanges, type Generation, replayRanges } from '../../../../core/ledger/ranges.ts';
import { emptyShards } from '../../../../core/ledger/shards-state.ts';
import { defineSequence, type SequenceAttributes } from '../../../../core/sequence.ts';
import { demandDays } from '../../../../workers/runtime/value-space/demand-days.ts';
import { ExhaustionWatch } from '../../../../workers/runtime/value-space/exhaustion-watch.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = 20_000 * DAY_MS;

/** Asked for so much each hour of the last ones. */
function remembered(stream: string, hours: readonly number[]) {
  const startMs = NOW_MS - hours.length * HOUR_MS;
  return { stream, model: { rolledUp: () => ({ binMs: HOUR_MS, startMs, demand: Float64Array.from(hours) }) } };
}

function watched(attributes: SequenceAttributes, hours: readonly number[]) {
  const ranges = emptyRanges(0);
  replayRanges(ranges, 0, { kind: 'SequenceDefined', name: 'orders', previous: -1, definition: defineSequence(attributes) });
  const warned: string[] = [];
  const now = { ms: NOW_MS };
  const watch = new ExhaustionWatch({
    reader: { ranges: [ranges], shards: [emptyShards(0)] },
    clock: { nowMs: () => now.ms },
    speedUp: 1,
    streams: () => [remembered('orders/web/a', hours), remembered('orders/app/b', hours)],
    onWarning: (message) => warned.push(message),
    onFailure: (error) => {
      throw error;
    },
  });
  const generation = (): Generation => ranges.live.get('orders') as Generation;
  return { watch, warned, ranges, now, generation };
}

describe('a sequence that is used up', () => {
  it('is given three dates, from all of its streams together', async () => {
    // Two streams of 100 an hour for a week: 4,800 values a day, so that 480,000 last a hundred days.
    const { watch, generation } = watched({ max: 480_000n }, new Array<number>(7 * 24).fill(100));
    expect(watch.of(generation())).toEqual({ left: 480_000, dates: [] });
    await watch.look();
    const { dates = [], perDay, seenHours, warningDays, left } = watch.of(generation()) ?? {};
    expect({ left, perDay, seenHours, warningDays }).toEqual({ left: 480_000, perDay: 4_800, seenHours: 168, warningDays: undefined });
    expect(dates.map(({ level, atMs }) => [level, Math.round((atMs - NOW_MS) / DAY_MS)])).toEqual([
      [0.05, 100],
      [0.5, 100],
      [0.95, 100],
    ]);
    expect(watch.dateMetric()[1]).toEqual([{ sequence: 'orders', quantile: '0.5' }, expect.closeTo(100 * 86_400, -3)]);
  });

  it('is warned of once for each of 90, 30 and 7 days, by the early date', async () => {
    const { watch, warned, ranges, generation } = watched({ max: 480_000n }, new Array<number>(7 * 24).fill(100));
    let claimed = 0;
    const claimTo = async (end: number): Promise<void> => {
      const { id } = generation();
      replayRanges(ranges, ranges.nextOffset, { kind: 'RangeClaimed', name: 'orders', generation: id, partition: 0, start: claimed, end });
      claimed = end;
      await watch.look();
      await watch.look();
    };
    await claimTo(4_800);
    expect(warned).toEqual([]);
    await claimTo(20 * 4_800);
    expect(warned).toHaveLength(1);
    expect(warned[0]).toContain('within 90 days');
    await claimTo(71 * 4_800);
    expect(warned[1]).toContain('within 30 days');
    await claimTo(95 * 4_800);
    expect(warned[2]).toMatch(/within 7 days.*24000 values are left at 4800 a day, as seen for 168 hours/);
    expect(watch.warnings()).toEqual([warned[2]]);
    // More room, and it comes near once more.
    const definition = defineSequence({ max: 480_000_000n });
    replayRanges(ranges, ranges.nextOffset, {
      kind: 'SequenceRebased',
      name: 'orders',
      previous: generation().id,
      claimed: -1,
      definition,
    });
    await watch.look();
    expect(watch.warnings()).toEqual([]);
    claimed = 0;
    await claimTo(480_000_000 - 4_800);
    expect(warned).toHaveLength(4);
  });

  it('has earlier early dates the less is known of it', async () => {
    const early = async (hours: number): Promise<number> => {
      const { watch, generation } = watched({ max: 480_000n }, new Array<number>(hours).fill(100));
      await watch.look();
      return ((watch.of(generation())?.dates[0]?.atMs ?? 0) - NOW_MS) / DAY_MS;
    };
    expect(await early(2)).toBeLessThan(50);
    expect(await early(7 * 24)).toBeGreaterThan(95);
  });

  it('is not foreseen where it cycles, nor beyond the period after which it begins again', async () => {
    const cycling = watched({ max: 480_000n, cycle: true }, new Array<number>(48).fill(100));
    await cycling.watch.look();
    expect(cycling.watch.of(cycling.generation())).toBeUndefined();
    const periodStart = new Date(NOW_MS).toISOString().slice(0, 10);
    const daily = watched({ max: 480_000n, reset: 'daily', timeZone: 'UTC', periodStart }, new Array<number>(48).fill(100));
    await daily.watch.look();
    expect(daily.watch.of(daily.generation())).toMatchObject({ perDay: 4_800, dates: [] });
  });
});

describe('the demand of days', () => {
  it('counts hours in which nobody said anything as silence', async () => {
    const silentSince = { ...remembered('orders/web/a', [2_400]), stream: 'orders/web/a' };
    const days = await demandDays([silentSince], NOW_MS + 10 * DAY_MS, async () => undefined);
    // An hour of demand, ten days ago: nine full days of silence and one with it.
    expect(days.get('orders')?.days.reduce((sum, each) => sum + each, 0)).toBe(2_400);
    expect(days.get('orders')?.perDay).toBeCloseTo(240, 0);
  });
});
