/** Whole backtests on an hour of demand: small, but with everything in them. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type BacktestPlan, type BacktestRun, backtest, plannedSeconds } from '../../../backtest/orchestration/backtest.ts';
import type { Contestant } from '../../../backtest/orchestration/contestant.ts';
import { nothingFinished, openFinishedCells } from '../../../backtest/orchestration/finished-cells.ts';
import { rivalContestants } from '../../../backtest/orchestration/rival-contestants.ts';
import { ruleContestants, sweptRules } from '../../../backtest/orchestration/rule-contestants.ts';
import { orderQuantity } from '../../../backtest/rivals/reorder-point.ts';
import { type DemandSet, inMemory } from '../../../backtest/sources/demand-source.ts';

const HOUR_S = 3_600;
const choices = { classes: ['expected', 'insured'] as const, targetStallsPpm: 10 };

describe('a backtest', () => {
  it('is the same, byte for byte, when it goes on after an interruption', async () => {
    const directory = temporaryDirectory();
    const first = await backtest(setOf(), planOf({}), quietly());
    await expect(backtest(setOf(), planOf({}), interruptedAfter(50_000, directory))).rejects.toThrow('enough');
    // A kill in the middle of a line.
    appendFileSync(join(directory, 'cells.jsonl'), '{"key":"half');
    let replayed = 0;
    const finished = openFinishedCells(directory);
    expect(finished.count).toBeGreaterThan(3);
    const resumed = await backtest(setOf(), planOf({}), {
      finished,
      onStream: () => undefined,
      onSeconds: async (seconds, isKnown) => {
        if (isKnown !== true) replayed += seconds;
      },
    });
    expect(JSON.stringify(resumed)).toBe(JSON.stringify(first));
    // A stream and a setting, and what was found in both streams, had been done.
    expect(replayed).toBeLessThan(0.8 * plannedSeconds(setOf(), planOf({})));
    expect(replayed).toBeGreaterThan(0);
    expect(readFileSync(join(directory, 'cells.jsonl'), 'utf8')).not.toContain('half');
  });

  it('does not take over what was finished with other demand or another policy', async () => {
    const finished = openFinishedCells(temporaryDirectory());
    await backtest(setOf(), planOf({}), { ...quietly(), finished });
    const seen: number[] = [];
    const onSeconds = async (seconds: number, isKnown?: boolean): Promise<void> => {
      if (isKnown !== true) seen.push(seconds);
    };
    const run = { ...quietly(), finished, onSeconds };
    await backtest({ ...setOf(), sha256: 'other' }, planOf({ contestants: rivalContestants(['leaf']), swept: [] }), run);
    await backtest(setOf(), planOf({ contestants: rivalContestants(['tidb']), swept: [] }), run);
    // Each runs its policy on both streams in both settings. Streams are gone over twice for what is found in them, and only for other demand.
    expect(seen.filter((seconds) => seconds === HOUR_S)).toHaveLength(4 + 4);
    expect(seen.filter((seconds) => seconds === HOUR_S / 2)).toHaveLength(2 * 2);
  });

  it('shows to a fitted policy what came before each origin, and never more', async () => {
    const shown: number[] = [];
    const fitted: Contestant = {
      id: 'peeker',
      name: 'peeker',
      group: 'tuned',
      fitted: true,
      async create(stream) {
        const { counts } = await stream.training();
        expect(counts.length).toBeLessThanOrEqual(stream.countFromS - 600);
        shown.push(counts.length);
        return orderQuantity(`tuned to ${counts.length}`, 100, 1_000);
      },
    };
    const plan = { ...planOf({ contestants: [fitted], swept: [] }), rideThroughsS: [0], gapS: 600, origins: 2, trainShare: 0.5 };
    const report = await backtest({ ...setOf(), streams: setOf().streams.slice(0, 1) }, plan, quietly());
    expect(shown).toEqual([1_800, 2_400]);
    const [row] = report.leaderboard;
    // Names that differ from origin to origin say no settings; what was counted is all of the rest, once.
    expect(row).toMatchObject({ policy: 'peeker', result: { seconds: HOUR_S - 2_400 } });
  });

  it('ranks by stalls, then idle stock, and keeps off the fronts who stalls more than asked', async () => {
    const report = await backtest(setOf(), planOf({ contestants: rivalContestants(['seqsvr', 'leaf', 'foresight']) }), quietly());
    const rows = report.leaderboard.filter(({ rideThroughS }) => rideThroughS === 0);
    const stalls = rows.map(({ result }) => result.stalled / result.demanded);
    expect(stalls).toEqual([...stalls].sort((a, b) => a - b));
    const seqsvr = rows.find(({ policy }) => policy.includes('10000'));
    expect(seqsvr?.result.stalled).toBeGreaterThan(0);
    expect(rows.filter(({ group }) => group === 'bound').every((row) => !row.onOperationsFront && !row.onAutonomyFront)).toBe(true);
    expect(seqsvr).toMatchObject({ onOperationsFront: false, onAutonomyFront: false });
    expect(report.sweep.map(({ policy }) => policy)).toContain('seqcast at 10/h');
  });

  it('says what the forecast was worth in each setting, judges its levels and shows its experts', async () => {
    const report = await backtest(setOf(), planOf({}), quietly());
    expect(report.worth.map(({ rideThroughS, withForecast }) => [rideThroughS, withForecast.policy])).toEqual([
      [0, 'seqcast, expected'],
      [300, expect.stringMatching(/^seqcast/)],
      [300, expect.stringMatching(/^seqcast/)],
    ]);
    expect(report.calibration.map(({ level }) => level).slice(0, 4)).toEqual([0.5, 0.9, 0.95, 0.99]);
    expect(report.calibration.every(({ covered, count }) => count > 0 && covered >= 0 && covered <= 1)).toBe(true);
    expect(Object.keys(report.weights[0]?.experts ?? {}).length).toBeGreaterThan(0);
    expect(new Set(report.histories.map(({ policy }) => policy))).toEqual(new Set(['seqcast, expected', 'Leaf, step 1000']));
    expect(report.advice.map(({ stream }) => stream)).toEqual(['orders/web/busy', 'orders/web/calm']);
  });
});

/** An hour of two streams: one with a job every ten minutes, one nearly even. */
function setOf(): DemandSet {
  const busy = Uint32Array.from({ length: HOUR_S }, (_, second) => 20 + (second % 7) + (second % 600 < 20 ? 300 : 0));
  const calm = Uint32Array.from({ length: HOUR_S }, (_, second) => (second * 7) % 5);
  const streams = [
    { name: 'orders/web/busy', counts: busy },
    { name: 'orders/web/calm', counts: calm },
  ].map((each) => inMemory({ ...each, startMs: Date.UTC(2026, 0, 5), seasonal: false }));
  return { from: 'test', sha256: 'abc', streams, repairs: [] };
}

function planOf(parts: Partial<BacktestPlan>): BacktestPlan {
  return {
    contestants: [...ruleContestants(choices), ...rivalContestants(['leaf', 'tuned-sq'])],
    swept: sweptRules(choices, [10]),
    leadTimes: [{ kind: 'fixed', name: '500ms', leadTimeS: 0.5 }],
    rideThroughsS: [0, 300],
    outagesS: [300],
    targetStallsPpm: 10,
    seed: 1,
    models: {},
    spaceOf: () => undefined,
    trainShare: 0.6,
    gapS: 0,
    origins: 1,
    ...parts,
  };
}

function quietly(): BacktestRun {
  return { finished: nothingFinished(), onSeconds: async () => undefined, onStream: () => undefined };
}

function interruptedAfter(seconds: number, directory: string): BacktestRun {
  let done = 0;
  return {
    finished: openFinishedCells(directory),
    onStream: () => undefined,
    onSeconds: async (more) => {
      done += more;
      if (done > seconds) throw new Error('enough');
    },
  };
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'backtest-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}
