/** `seqcast replay`: the same answer to the byte for the same input, and a clear word where it cannot be right. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { DemandReplay } from '../../cli/replay/manifest.ts';
import type { VerifyReport } from '../../cli/replay/verification.ts';
import { recordDemand } from '../e2e/recorded-demand.ts';
import { run } from './commands.ts';

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-replay-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** An hour of seconds with a wave. */
function secondsFile(): string {
  const file = join(scratch(), 'seconds.txt');
  const lines = Array.from({ length: 3_600 }, (_, i) => Math.round(50 + 40 * Math.sin(i / 200)));
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

async function recordedDirectory(): Promise<string> {
  const dataDir = scratch();
  await recordDemand(dataDir, ['orders/web/checkout', 'orders/batch/nightly'], 0.25);
  return dataDir;
}

describe('seqcast replay', () => {
  test('answers a file twice with the same bytes, and says what from', async () => {
    const args = ['replay', '--from', secondsFile(), '--start', '2026-01-01T00:00:00Z', '--lead-time', '500ms', '--json'];
    const [first, second] = [await run(args), await run(args)];
    expect(first.code, first.err).toBe(0);
    expect(second.out).toBe(first.out);
    const { manifest, streams } = JSON.parse(first.out) as DemandReplay;
    expect(manifest.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(manifest).toMatchObject({ events: 3_600, settings: { leadTime: 500, eventS: 1, seed: 1 } });
    expect(streams).toHaveLength(1);
    // Half a second of a demand of fifty a second waits for the first order, and nothing after it.
    expect(streams[0]?.stalledPpm).toBeLessThan(500);
  });

  test('stalls more in an outage than without one, and nothing else changes', async () => {
    const args = ['replay', '--from', secondsFile(), '--start', '2026-01-01T00:00:00Z', '--json'];
    const calm = JSON.parse((await run(args)).out) as DemandReplay;
    const stormy = JSON.parse((await run([...args, '--outage', '2026-01-01T00:30:00Z/5m'])).out) as DemandReplay;
    expect(stormy.streams[0]?.demanded).toBe(calm.streams[0]?.demanded);
    expect(stormy.streams[0]?.stalledPpm).toBeGreaterThan((calm.streams[0]?.stalledPpm ?? 0) + 10_000);
    expect(stormy.manifest.sha256).toBe(calm.manifest.sha256);
  });

  test('replays a recorded topic from an offset on, with the offsets it read', async () => {
    const dataDir = await recordedDirectory();
    const whole = JSON.parse((await run(['replay', '--data-dir', dataDir, '--json'])).out) as DemandReplay;
    const from = ['--from', 'topic:seqcast.consumption@offset=100'];
    const rest = JSON.parse((await run(['replay', ...from, '--data-dir', dataDir, '--json'])).out) as DemandReplay;
    expect(whole.streams.map(({ stream }) => stream).sort()).toEqual(['orders/batch/nightly', 'orders/web/checkout']);
    const read = Object.values(whole.manifest.offsets).filter(([start, end]) => end > start);
    expect(rest.manifest.events).toBe(whole.manifest.events - 100 * read.length);
    expect(rest.manifest.sha256).not.toBe(whole.manifest.sha256);
  });

  test('says that no lead time was measured rather than inventing one', async () => {
    const { code, err } = await run(['replay', '--data-dir', await recordedDirectory(), '--lead-time', 'measured']);
    expect(code).toBe(2);
    expect(err).toContain('no lead time was measured');
  });

  test.each([
    ['--lead-time', 'soon'],
    ['--outage', '2026-01-01T00:30:00Z'],
    ['--event', '1500ms'],
  ])('refuses %s %s as typed wrong', async (option, value) => {
    const { code, err } = await run(['replay', '--from', secondsFile(), '--start', '2026-01-01', option, value]);
    expect(code).toBe(2);
    expect(err).toContain(option);
  });
});

describe('seqcast replay --verify', () => {
  test('has nothing to object to where nothing was decided', async () => {
    const { code, out } = await run(['replay', '--verify', '--data-dir', await recordedDirectory(), '--json']);
    expect(code).toBe(0);
    const report = JSON.parse(out) as VerifyReport;
    expect(report).toMatchObject({ ok: true, forecasts: { forecasts: 0 }, allocations: { allocations: 0 } });
  });
});
