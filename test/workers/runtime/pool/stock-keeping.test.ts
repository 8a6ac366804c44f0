/** Streams that keep no stock: huge blocks are cut exactly, a change of kind gives the old stock back, idle streams rest. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { open } from '../../../../workers/embedded.ts';
import type { Seqcast } from '../../../../workers/runtime/service/seqcast.ts';

const MINUTE_MS = 60_000;
let seqcast: Seqcast;
let nowMs: number;

async function opened(): Promise<Seqcast> {
  nowMs = Date.now();
  seqcast = await open({
    dataDir: mkdtempSync(join(tmpdir(), 'seqcast-keeping-')),
    clock: () => ({ nowMs: () => nowMs }),
    speedUp: 3_600,
    resolutionMs: 10_000,
  });
  return seqcast;
}

afterEach(async () => {
  await seqcast.close();
});

const streamOf = (id: string) => seqcast.status().streams.find(({ stream }) => stream === id);

/** Lets time pass by little steps, so that reports and ticks see it. */
async function later(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  nowMs += ms;
  await new Promise((resolve) => setTimeout(resolve, 200));
}

describe('a stream of kind analytics', () => {
  test('is cut exactly what each call asks for where the sequence says so', async () => {
    await opened();
    await seqcast.create('loads', { pool: 'analytics' });
    for (let call = 0; call < 3; call++) {
      const { blocks } = await seqcast.next({ sequence: 'loads', count: 10_000 });
      expect(blocks.reduce((sum, { count }) => sum + count, 0)).toBe(10_000);
      expect(streamOf('loads/default/default')).toMatchObject({ kind: 'analytics', stock: 0 });
    }
    expect(seqcast.describe('loads').servedBy).toEqual([{ kind: 'analytics', streams: 1, because: 'the sequence says pool analytics' }]);
    // All three kinds are told apart where all three are used.
    await seqcast.create('payments', { durability: 'answered' });
    await seqcast.next({ sequence: 'payments', count: 1 });
    const pools = seqcast.pools().pools.map(({ pool, kind, streams }) => [pool, kind, streams]);
    expect(pools).toEqual([
      ['pool-0', 'throughput', 0],
      ['pool-0', 'analytics', 1],
      ['transaction-0', 'transaction', 1],
    ]);
    expect(seqcast.explain('loads/default/default').sentences.join(' ')).toContain('Pool kind analytics');
    expect(await seqcast.audit()).toMatchObject({
      ok: true,
      duplicates: 0,
      accounts: expect.arrayContaining([expect.objectContaining({ sequence: 'loads', issued: 30_000, stock: 0 })]),
    });
  });

  test('becomes one by usage, gives its old stock back, and becomes what it was when it is used otherwise', async () => {
    await opened();
    await seqcast.create('mixed', {});
    const request = { sequence: 'mixed', clientType: 'job', service: 'load' };
    const id = 'mixed/job/load';
    await seqcast.next({ ...request, count: 10_000 });
    expect(streamOf(id)?.stock).toBeGreaterThan(0);
    for (let hour = 0; hour < 5; hour++) {
      await later(60 * MINUTE_MS);
      await seqcast.next({ ...request, count: 10_000 });
    }
    await later(MINUTE_MS);
    expect(streamOf(id)).toMatchObject({ kind: 'analytics', stock: 0 });
    expect(seqcast.explain(id).sentences.join(' ')).toMatch(/Pool kind analytics, by usage: .* calls\/h/);
    for (let minute = 0; minute < 12; minute += 3) {
      for (let call = 0; call < 30; call++) await seqcast.next({ ...request, count: 1 });
      await later(3 * MINUTE_MS);
    }
    expect(streamOf(id)?.kind).toBe('throughput');
    expect(streamOf(id)?.stock).toBeGreaterThan(0);
    expect(await seqcast.audit()).toMatchObject({
      ok: true,
      duplicates: 0,
      problems: [],
      accounts: [{ issued: 60_120, inDoubt: 0, burnt: 0 }],
    });
  });
});

describe('a stream that nobody asks', () => {
  test('gives all of its stock back after a quarter of an hour, and is served again when it is asked', async () => {
    await opened();
    await seqcast.create('seldom', {});
    const id = 'seldom/default/default';
    await seqcast.next({ sequence: 'seldom', count: 3 });
    await later(14 * MINUTE_MS);
    expect(streamOf(id)?.stock).toBeGreaterThan(0);
    await later(2 * MINUTE_MS);
    await later(30 * MINUTE_MS);
    expect(streamOf(id)?.stock).toBe(0);
    expect(await seqcast.audit()).toMatchObject({ ok: true, accounts: [{ issued: 3, stock: 0, burnt: 0 }] });
    // What was given back is used first.
    expect(await seqcast.next({ sequence: 'seldom', count: 1 })).toMatchObject({ blocks: [{ start: 4n }], stalled: true });
    await later(1_000);
    expect(streamOf(id)?.stock).toBeGreaterThan(0);
  });
});
