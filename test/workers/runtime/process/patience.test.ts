/** A log that is away for a moment when a partition comes to a process. */
import { describe, expect, test } from 'vitest';
import { openEmbeddedStorage } from '../../../../adapters/embedded/storage.ts';
import { SequenceError } from '../../../../core/errors.ts';
import { encode } from '../../../../schemas/codec.ts';
import type { ConsumptionEvent } from '../../../../schemas/messages.ts';
import { TOPICS } from '../../../../schemas/topics.ts';
import { Forecasts } from '../../../../workers/runtime/forecasting/forecasts.ts';
import { patiently } from '../../../../workers/runtime/process/patience.ts';
import { scratchDirectory } from '../../embedded/scratch-directory.ts';

const AWAY = new SequenceError('SEQ_ENGINE_UNREACHABLE', 'no broker answers');
const BINS = 5;
const BIN_MS = 10_000;

function fail(error: unknown): void {
  throw error;
}

describe('a partition whose log is away', () => {
  test('is waited for, and caught up with once from where it broke off', async () => {
    const { log, snapshots, close } = await openEmbeddedStorage({ dataDir: scratchDirectory(), onFailure: fail });
    const records = Array.from({ length: BINS }, (_, i) => encode(consumption(i)));
    await log.append({ topic: TOPICS.consumption.name, partition: 0, records });
    let reads = 0;
    const delays: string[] = [];
    const flaky: typeof log = Object.create(log, {
      read: {
        value: async (topic: string, partition: number, from: number) => {
          // The second and the third attempt fail after two records were folded.
          if (++reads === 2 || reads === 3) throw AWAY;
          return await log.read(topic, partition, from, 2);
        },
      },
    });
    const forecasts = new Forecasts({
      ...{ log: flaky, snapshots, partitionCount: 1, rideThroughMsOf: () => 0, onFailure: fail },
      onDelay: ({ code }) => delays.push(code),
    });
    await forecasts.start();
    const [followed] = [...forecasts.followed()];
    expect({ delays, nextOffset: followed?.nextOffset }).toEqual({ delays: [AWAY.code, AWAY.code], nextOffset: BINS });
    expect([...forecasts.models()].map(({ model }) => model.cutoffMs)).toEqual([BINS * BIN_MS]);
    await forecasts.close();
    await close();
  });

  test('is let go without a snapshot, which only spares the next owner a longer replay', async () => {
    const { log, snapshots, close } = await openEmbeddedStorage({ dataDir: scratchDirectory(), onFailure: fail });
    await log.append({ topic: TOPICS.consumption.name, partition: 0, records: [encode(consumption(0))] });
    const delays: string[] = [];
    const forecasts = new Forecasts({
      ...{ log, partitionCount: 1, rideThroughMsOf: () => 0, onFailure: fail },
      snapshots: { ...snapshots, load: async () => [], save: () => Promise.reject(AWAY) },
      onDelay: ({ code }) => delays.push(code),
    });
    await forecasts.own([0]);
    await forecasts.own([]);
    expect({ delays, followed: [...forecasts.followed()] }).toEqual({ delays: [AWAY.code], followed: [] });
    await forecasts.close();
    await close();
  });

  test('is let go where somebody else owns it by then, and a failure that will not pass is told at once', async () => {
    let isWanted = true;
    const delays: unknown[] = [];
    const onDelay = (error: SequenceError): void => {
      isWanted = false;
      delays.push(error);
    };
    expect(await patiently(() => Promise.reject(AWAY), { isWanted: () => isWanted, onDelay })).toBe(undefined);
    expect(delays).toEqual([AWAY]);
    const broken = new SequenceError('SEQ_DATA_CORRUPT', 'a record cannot be read');
    await expect(patiently(() => Promise.reject(broken), { isWanted: () => true, onDelay: fail })).rejects.toBe(broken);
  });
});

function consumption(bin: number): ConsumptionEvent {
  const counts = { issued: 0, returned: 0, requests: 20, stalls: 0, demanded: 20, stock: 0, waiting: 0, largestRequest: 1 };
  const pool = { pool: 'pool-0', incarnation: 'a', sequenceNumber: bin + 1, seenOffset: 0, leadTimeMs: 5, cursors: [] };
  const span = { fromMs: bin * BIN_MS, toMs: (bin + 1) * BIN_MS, peakPerSecond: 2 };
  return { kind: 'ConsumptionEvent', stream: 'orders/web/checkout', ...pool, ...span, ...counts };
}
