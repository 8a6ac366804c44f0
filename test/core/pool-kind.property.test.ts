/** The choice of a pool's kind: promises first, no flapping within the band, the same for the same history. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BURSTINESS,
  CALLS_MIN,
  CALLS_PER_SECOND,
  type ChosenKind,
  chooseKind,
  firstKind,
  type Guarantees,
  isRegistered,
  LARGE_REQUEST,
  STAY_MS_MIN,
  type Usage,
} from '../../core/pool-kind.ts';
import { defineSequence } from '../../core/sequence.ts';
import { countCall, endSpan, isLone, newUsage, usageOf } from '../../core/usage.ts';

const AUTO: Guarantees = { guarantee: 'unique', durability: 'stock', pool: 'auto' };
const usages = fc.record({
  calls: fc.double({ min: 0, max: 1_000, noNaN: true }),
  callsPerSecond: fc.double({ min: 0, max: 1, noNaN: true }),
  valuesPerSecond: fc.double({ min: 0, max: 1e6, noNaN: true }),
  burstiness: fc.double({ min: 0, max: 1_000, noNaN: true }),
  usualRequest: fc.integer({ min: 0, max: 10_000 }),
});
/** Between the thresholds of entering and of leaving, in at least one respect on the near side. */
const withinBand = fc.record({
  calls: fc.constant(100),
  callsPerSecond: fc.double({ min: CALLS_PER_SECOND.enter, max: CALLS_PER_SECOND.leave, noNaN: true, minExcluded: true }),
  valuesPerSecond: fc.double({ min: 0, max: 1e6, noNaN: true }),
  burstiness: fc.double({ min: BURSTINESS.leave, max: BURSTINESS.enter, noNaN: true, maxExcluded: true }),
  usualRequest: fc.integer({ min: LARGE_REQUEST.leave, max: LARGE_REQUEST.enter - 1 }),
});
const guarantees = fc.record({
  guarantee: fc.constantFrom('unique' as const, 'gapless' as const),
  durability: fc.constantFrom('stock' as const, 'answered' as const),
  pool: fc.constantFrom('auto' as const, 'throughput' as const, 'transaction' as const, 'analytics' as const),
});

function history(seen: readonly Usage[], of: Guarantees, from = firstKind(of, 0)): ChosenKind[] {
  let chosen = from;
  return seen.map((usage, i) => {
    chosen = chooseKind(chosen, of, usage, (i + 1) * STAY_MS_MIN);
    return chosen;
  });
}

const HUGE: Usage = { calls: 20, callsPerSecond: 1 / 3_600, valuesPerSecond: 3, burstiness: 3_000, usualRequest: 8_192 };

describe('the kind of a pool', () => {
  test('keeps every promise, whatever the usage, and refuses a pool that could not', () => {
    fc.assert(
      fc.property(guarantees, fc.array(usages, { minLength: 1, maxLength: 20 }), (of, seen) => {
        const isContradiction =
          of.pool !== 'auto' && of.pool !== 'transaction' && (of.guarantee === 'gapless' || of.durability === 'answered');
        if (isContradiction) {
          expect(() => defineSequence(of)).toThrow(/cannot keep/);
          return;
        }
        const kinds = new Set(history(seen, of).map(({ kind }) => kind));
        if (isRegistered(defineSequence(of))) expect(kinds).toEqual(new Set(['transaction']));
        else if (of.pool !== 'auto') expect(kinds).toEqual(new Set([of.pool]));
        else expect(kinds.has('transaction')).toBe(false);
      }),
    );
  });

  test('does not flap under noise within the band, from whichever side it came', () => {
    fc.assert(
      fc.property(
        fc.array(withinBand, { minLength: 1, maxLength: 50 }),
        fc.constantFrom('throughput' as const, 'analytics' as const),
        (seen, kind) => {
          const from: ChosenKind = { kind, by: 'usage', because: '', sinceMs: 0 };
          for (const chosen of history(seen, AUTO, from)) expect(chosen.kind).toBe(kind);
        },
      ),
    );
  });

  test('changes at most once in the time that it stays, and is the same for the same history', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(usages, fc.integer({ min: 1, max: STAY_MS_MIN })), { maxLength: 50 }), (steps) => {
        const walk = (): ChosenKind[] => {
          let chosen = firstKind(AUTO, 0);
          let nowMs = 0;
          return steps.map(([usage, later]) => {
            nowMs += later;
            const next = chooseKind(chosen, AUTO, usage, nowMs);
            if (next.kind !== chosen.kind) expect(nowMs - chosen.sinceMs).toBeGreaterThanOrEqual(STAY_MS_MIN);
            chosen = next;
            return chosen;
          });
        };
        expect(walk()).toEqual(walk());
      }),
    );
  });

  test('becomes analytics for huge blocks at a low call rate, says why in numbers, and goes back when calls are small or many', () => {
    const entered = chooseKind(firstKind(AUTO, 0), AUTO, HUGE, STAY_MS_MIN);
    expect(entered).toMatchObject({ kind: 'analytics', by: 'usage', sinceMs: STAY_MS_MIN });
    expect(entered.because).toContain('1.0 calls/h');
    expect(entered.because).toContain('8192 values or more');
    expect(chooseKind(firstKind(AUTO, 0), AUTO, { ...HUGE, calls: CALLS_MIN - 1 }, STAY_MS_MIN).kind).toBe('throughput');
    expect(chooseKind(entered, AUTO, { ...HUGE, usualRequest: 1 }, 2 * STAY_MS_MIN).kind).toBe('throughput');
    expect(chooseKind(entered, AUTO, { ...HUGE, callsPerSecond: 1 }, 2 * STAY_MS_MIN).kind).toBe('throughput');
    expect(chooseKind(entered, AUTO, { ...HUGE, usualRequest: 1 }, 2 * STAY_MS_MIN - 1).kind).toBe('analytics');
  });
});

describe('what is remembered of usage', () => {
  test('tells a job of huge blocks from a busy stream, and forgets', () => {
    const job = newUsage(0);
    const shop = newUsage(0);
    for (let second = 0; second < 6 * 3_600; second++) {
      if (second % 3_600 === 0) countCall(job, 10_000);
      countCall(shop, 1 + (second % 3));
      endSpan(job, second * 1_000, 1_000);
      endSpan(shop, second * 1_000, 1_000);
    }
    const nowMs = 6 * 3_600_000;
    expect(chooseKind(firstKind(AUTO, 0), AUTO, usageOf(job, nowMs), nowMs).kind).toBe('analytics');
    expect(chooseKind(firstKind(AUTO, 0), AUTO, usageOf(shop, nowMs), nowMs).kind).toBe('throughput');
    expect(usageOf(shop, nowMs).callsPerSecond).toBeCloseTo(1, 1);
    expect(isLone(job, 10_000)).toBe(false);
    expect(isLone(shop, 10_000)).toBe(true);
    usageOf(job, nowMs + 3 * 86_400_000);
    expect(isLone(job, 10_000)).toBe(true);
  });
});
