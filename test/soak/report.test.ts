import { expect, test } from 'vitest';
import type { Compared } from './flat.ts';
import { soakReport } from './report.ts';

const FOUND = {
  ...{ command: 'npm run soak', values: 10, duplicates: 0, calls: 10, machineBusyShare: 0.5, audit: { ok: true, duplicates: '0' } },
  ...{ kills: [], rollups: { done: 1, failures: [] }, diedByThemselves: 0, series: [] },
};
const flat = (what: string): Compared => ({ what, of: 'x', unit: '', early: 1, late: 1, most: 2, flat: true });
const ALL = ['memory', 'descriptors', 'lag', 'latency p50', 'latency p99'].map(flat);

test('a run in which everything was compared and stayed flat is ok', () => {
  expect(soakReport({ ...FOUND, compared: ALL })).toMatchObject({ ok: true, missed: [] });
});

test('a run that was too short to compare something is not', () => {
  expect(soakReport({ ...FOUND, compared: ALL.slice(0, 3) }).missed).toEqual([
    'too short a run to compare latency p50',
    'too short a run to compare latency p99',
  ]);
});

test('values that came twice, an audit that is not well, and workers that ended are named', () => {
  const { ok, missed } = soakReport({ ...FOUND, compared: ALL, duplicates: 2, diedByThemselves: 1, audit: { ok: false, duplicates: '2' } });
  expect([ok, missed.length]).toEqual([false, 3]);
});

test('a roll-up that failed is said with why', () => {
  const rollups = { done: 3, failures: ['soak-rollup-2: the archive is full'] };
  expect(soakReport({ ...FOUND, compared: ALL, rollups }).missed).toEqual(['a roll-up failed: soak-rollup-2: the archive is full']);
});

test('a soak in which nothing was rolled up has not shown what analytics hold', () => {
  expect(soakReport({ ...FOUND, compared: ALL, rollups: { done: 0, failures: [] } })).toMatchObject({
    ok: false,
    missed: ['no hour was over in time to be rolled up: begin shortly before a full hour'],
  });
});
