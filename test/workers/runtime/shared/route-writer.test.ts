/** Routes reach the table when it is back, nobody goes on saying that it is away, and what is the same is not written every second. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { RouteTable } from '../../../../pipelines/ports.ts';
import type { LedgerReader } from '../../../../workers/runtime/ledger/ledger-reader.ts';
import { RouteWriter } from '../../../../workers/runtime/shared/route-writer.ts';

test('a table that could not be written is a problem until what was due is written', async () => {
  let isAway = true;
  const written: string[] = [];
  const told: string[] = [];
  const put = async (key: string): Promise<void> => {
    if (isAway) throw new Error('away');
    written.push(key);
  };
  const writer = new RouteWriter({
    routes: { put } as unknown as RouteTable,
    reader: { shards: [], listen: () => undefined } as unknown as LedgerReader,
    isOwned: () => true,
    onProblem: () => told.push('problem'),
    onWritten: () => told.push('written'),
  });
  onTestFinished(() => writer.close());
  writer.pool('pool-0', { endpoint: 'redis://somewhere', incarnation: 'life', state: 'living' });
  writer.start();
  while (told.length === 0) await sleep(5);
  expect(told[0]).toBe('problem');
  expect(written).toEqual([]);
  isAway = false;
  while (!told.includes('written')) await sleep(5);
  expect(told.at(-1)).toBe('written');
  expect(written).toEqual(['pools/pool-0']);
});

test('what a pool says again is written again when it is something else, or some time has gone by', async () => {
  vi.useFakeTimers();
  const written: string[] = [];
  const put = async (_: string, value: string): Promise<void> => {
    written.push((JSON.parse(value) as { readonly state: string }).state);
  };
  const writer = new RouteWriter({
    routes: { put } as unknown as RouteTable,
    reader: { shards: [], listen: () => undefined } as unknown as LedgerReader,
    isOwned: () => true,
    onProblem: () => undefined,
    onWritten: () => undefined,
  });
  onTestFinished(async () => {
    await writer.close();
    vi.useRealTimers();
  });
  writer.start();
  const said = async (state: string): Promise<void> => {
    writer.pool('pool-0', { endpoint: 'redis://somewhere', incarnation: 'life', state });
    await vi.advanceTimersByTimeAsync(1_000);
  };
  for (const state of ['joined', 'heartbeat', 'heartbeat', 'heartbeat', 'silent', 'heartbeat']) await said(state);
  expect(written).toEqual(['joined', 'heartbeat', 'silent', 'heartbeat']);
  for (let second = 0; second < 10; second++) await said('heartbeat');
  expect(written).toEqual(['joined', 'heartbeat', 'silent', 'heartbeat', 'heartbeat']);
});
