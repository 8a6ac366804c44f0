/** What a comparison says first: where others are better. The figures are planted. */
import { describe, expect, it } from 'vitest';
import { betterFailovers, betterPeers } from '../../../bench/peers/better.ts';
import type { Comparison, LoadFigures, PeerFigures } from '../../../bench/peers/figures.ts';
import { comparisonPage } from '../../../bench/peers/page.ts';
import { QUICK } from '../../../bench/peers/plan.ts';
import type { Spread } from '../../../bench/peers/statistics.ts';

const about = (median: number, around = 0.1): Spread => ({ median, min: median * (1 - around), max: median * (1 + around) });
const load = (perSecond: number, ms: number): LoadFigures => {
  return { perSecond: about(perSecond), p50Ms: about(ms), p99Ms: about(2 * ms), p999Ms: about(3 * ms) };
};

function peer(title: string, isOurs: boolean, perSecond: number, more: Partial<PeerFigures> = {}): PeerFigures {
  const measured = { alone: load(perSecond, 1), together: load(perSecond, 1), idle: { mean: 0, min: 0, max: 0 } };
  const answers = { values: 100, duplicates: 0, gaps: 0, outOfOrder: 0, outOfOrderOfCaller: 0 };
  return { ...{ name: title, title, kind: 'a call each', isOurs, how: 'planted' }, ...measured, answers, ...more };
}

const shownOf = (all: readonly PeerFigures[]) => betterPeers(all).map(({ measure, peer: other, times }) => `${measure}: ${other} ${times}`);

describe('where others are better', () => {
  it('is each figure in which one of the same kind has the better median, with the ratio, the worst for us first', () => {
    const ours = peer('ours', true, 1_000);
    const slower = peer('slower', false, 500);
    const twice = peer('twice', false, 2_000);
    const four = peer('four times', false, 4_000);
    const alike = ['throughput, 1 caller', 'throughput, 32 callers'].flatMap((each) => [`${each}: four times 4`, `${each}: twice 2`]);
    expect(shownOf([slower, twice, four, ours])).toEqual(alike);
    expect(shownOf([ours, peer('of another kind', false, 4_000, { kind: 'in process' })])).toEqual([]);
    expect(shownOf([ours, peer('ours too', true, 4_000)])).toEqual([]);
  });

  it('knows of which figures less is better, and that nothing is better than something', () => {
    const burnt = (values: number) => ({ callerKilled: { burnt: about(values), again: about(0) } });
    const [better, ...more] = betterPeers([peer('ours', true, 1_000, burnt(80)), peer('careful', false, 1_000, burnt(0))]);
    expect(more).toEqual([]);
    expect(better).toMatchObject({ measure: 'burnt by a killed caller', peer: 'careful', ourFigure: 80, peerFigure: 0, isCertain: true });
    expect(better?.times).toBe(Number.POSITIVE_INFINITY);
  });

  it('calls a difference uncertain whose ranges overlap', () => {
    const [close] = betterPeers([peer('ours', true, 1_000), peer('close', false, 1_100)]);
    expect(close).toMatchObject({ isCertain: false, times: 1.1 });
  });

  it('does not compare what was not measured of both', () => {
    const killed = { serverKilled: { burnt: about(0), again: about(0), silentMs: about(1) } };
    expect(betterPeers([peer('ours', true, 1_000), peer('other', false, 1_000, killed)])).toEqual([]);
  });

  it('stands first on the page, before any table of all', () => {
    const peers = [peer('Redis INCR', false, 2_000), peer('seqcast straight from Redis', true, 1_000)];
    const failover = { taken: about(100), silentMs: about(200), burnt: about(5) };
    const failovers = [
      { title: 'Redis INCR', isOurs: false, ...failover, duplicates: about(30), burnt: about(0) },
      { title: 'seqcast straight from Redis', isOurs: true, ...failover, duplicates: about(0) },
    ];
    expect(betterFailovers(failovers).map(({ measure }) => measure)).toEqual(['burnt by a fail-over']);
    const page = comparisonPage({ ...comparison, peers, failovers });
    const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings[0]).toBe('Where others are better');
    expect(headings).toContain('A Redis that fails over to a replica that lags');
    expect(page).toContain('| throughput, 1 caller | seqcast straight from Redis | 1,000 values/s | Redis INCR 2,000 (2.00 x) |');
    expect(page).toContain('| burnt by a fail-over | seqcast straight from Redis | 5 values | Redis INCR 0 |');
    expect(page).toContain('A quick run');
    expect(page).toContain('- MariaDB: not installed');
  });
});

const comparison: Comparison = {
  ...{
    command: 'seqcast bench peers --quick',
    commit: 'planted',
    version: '0.0.0',
    date: '2026-01-31',
    seed: 1,
    isQuick: true,
    plan: QUICK,
  },
  machine: { cores: 2, cpu: 'planted', memoryGb: 8, load: [0, 0, 0], node: '20', engines: { Redis: '7' } },
  ...{ seconds: 60, leftOut: ['MariaDB: not installed'], peers: [], failovers: [] },
};
