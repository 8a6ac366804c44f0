import { expect, test } from 'vitest';
import { collectDemand } from '../../../backtest/sources/collected-demand.ts';
import { ConsumptionSpans } from '../../../backtest/sources/consumption-spans.ts';
import type { ConsumptionEvent } from '../../../schemas/messages.ts';
import { secondsOf } from './written-files.ts';

const SECONDS = { cellMs: 1_000, originMs: 0, sortWindowMs: 60_000, maxStreams: 10, seed: 1 };

function event(sequenceNumber: number, fromMs: number, toMs: number, demanded: number, incarnation = 'x'): ConsumptionEvent {
  const where = { kind: 'ConsumptionEvent', stream: 's/web/cart', pool: 'p', incarnation, sequenceNumber, fromMs, toMs } as const;
  const zero = { issued: 0, returned: 0, requests: 0, stalls: 0, stock: 0, waiting: 0, seenOffset: 0, peakPerSecond: 0, leadTimeMs: 0 };
  return { ...where, ...zero, demanded, largestRequest: 0, cursors: [] };
}

async function seconds(
  events: readonly ConsumptionEvent[],
): Promise<{ seconds: Record<number, number> | undefined; repairs: readonly string[] }> {
  const read = async (sink: Parameters<typeof collectDemand>[0]['read'] extends (sink: infer Sink) => unknown ? Sink : never) => {
    const spans = new ConsumptionSpans(sink);
    for (const [offset, each] of events.entries()) spans.add(each, offset);
    return spans.repairs();
  };
  const set = await collectDemand({ from: 'topic', read }, SECONDS);
  return { seconds: (await secondsOf(set))['s/web/cart'], repairs: set.repairs };
}

test('what was asked for in a span falls evenly on its seconds, and its total is exact', async () => {
  expect((await seconds([event(1, 10_500, 13_000, 101)])).seconds).toEqual({ 0: 20, 1: 41, 2: 40 });
  expect((await seconds([event(1, 10_000, 11_000, 7), event(2, 11_000, 12_000, 9)])).seconds).toEqual({ 0: 7, 1: 9 });
  expect((await seconds([event(1, 10_400, 11_400, 10), event(2, 11_400, 12_400, 10)])).seconds).toEqual({ 0: 6, 1: 10, 2: 4 });
});

test('an event that was recorded twice counts once, and one of another life counts', async () => {
  const { seconds: found, repairs } = await seconds([
    event(1, 10_000, 11_000, 7),
    event(2, 11_000, 12_000, 9),
    event(1, 10_000, 11_000, 7),
    event(1, 12_000, 13_000, 4, 'y'),
  ]);
  expect(found).toEqual({ 0: 7, 1: 9, 2: 4 });
  expect(repairs).toEqual(['1 events that were recorded twice were left out']);
});

test('silence at the end is part of the demand', async () => {
  const set = await collectDemand(
    {
      from: 'topic',
      async read(sink) {
        new ConsumptionSpans(sink).add(event(1, 10_000, 11_000, 7), 0);
        new ConsumptionSpans(sink).add(event(2, 11_000, 90_000, 0), 1);
        return [];
      },
    },
    SECONDS,
  );
  expect(set.streams[0]?.seconds).toBe(80);
});
