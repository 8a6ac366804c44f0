/** A minute of consumption of three streams, as pools would have recorded it, for whatever log. */
import { partitionOf } from '../../../core/stream.ts';
import type { EventLog } from '../../../pipelines/ports.ts';
import { encode } from '../../../schemas/codec.ts';
import { TOPICS } from '../../../schemas/topics.ts';

export const START_MS = Date.UTC(2026, 10, 1);
export const STREAMS = ['orders/web/cart', 'orders/app/cart', 'bills/web/pay'];
export const TOPIC = TOPICS.consumption.name;

/** The first stream is asked for 10 values every other second, the second for 20, the third for 30. */
export async function recordMinute(log: EventLog, partitionCount: number): Promise<void> {
  for (const [at, stream] of STREAMS.entries()) {
    const records = Array.from({ length: 60 }, (_, second) => {
      const [fromMs, toMs] = [START_MS + second * 1_000, START_MS + (second + 1) * 1_000];
      const who = { kind: 'ConsumptionEvent', stream, pool: 'p', incarnation: 'x', sequenceNumber: second + 1, fromMs, toMs } as const;
      const zero = {
        issued: 0,
        returned: 0,
        requests: 0,
        stalls: 0,
        stock: 0,
        waiting: 0,
        seenOffset: -1,
        peakPerSecond: 0,
        leadTimeMs: 0,
      };
      return encode({ ...who, ...zero, demanded: second % 2 === 0 ? 10 * (at + 1) : 0, largestRequest: 0, cursors: [] });
    });
    await log.append({ topic: TOPIC, partition: partitionOf(stream, partitionCount), records });
  }
}
