/** Days of demand in a data directory whose server is stopped, as pools would have reported them minute by minute. */
import { openEmbeddedStorage } from '../../adapters/embedded/storage.ts';
import { seededRng } from '../../core/rng.ts';
import { partitionOf } from '../../core/stream.ts';
import type { EventLog } from '../../pipelines/ports.ts';
import { encode } from '../../schemas/codec.ts';
import type { ConsumptionEvent } from '../../schemas/messages.ts';
import { TOPICS } from '../../schemas/topics.ts';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
const PARTITIONS = 4;
const RECORDS_PER_APPEND = 1_000;

/** Streams with office hours, each of its own height, and some noise; up to the present minute. */
export async function recordDemand(dataDir: string, streams: readonly string[], days: number): Promise<void> {
  const storage = await openEmbeddedStorage({ dataDir, partitionCount: PARTITIONS, onFailure: () => undefined });
  try {
    await recordDemandOn(storage.log, PARTITIONS, streams, days);
  } finally {
    await storage.close();
  }
}

/** The same on any log. */
export async function recordDemandOn(
  log: Pick<EventLog, 'append'>,
  partitionCount: number,
  streams: readonly string[],
  days: number,
): Promise<void> {
  const endMinute = Math.floor(Date.now() / MINUTE_MS);
  for (const [index, stream] of streams.entries()) {
    const partition = partitionOf(stream, partitionCount);
    const rng = seededRng(index + 1);
    let records: Uint8Array[] = [];
    for (let minute = endMinute - days * DAY_MINUTES; minute < endMinute; minute++) {
      const wave = 1 + Math.sin((2 * Math.PI * (minute % DAY_MINUTES)) / DAY_MINUTES);
      const demanded = Math.round(5 * (index + 1) * wave * (0.5 + rng.next()));
      records.push(encode(eventOf(stream, minute, demanded)));
      if (records.length < RECORDS_PER_APPEND && minute < endMinute - 1) continue;
      await log.append({ topic: TOPICS.consumption.name, partition, records });
      records = [];
    }
  }
}

function eventOf(stream: string, minute: number, demanded: number): ConsumptionEvent {
  return {
    kind: 'ConsumptionEvent',
    stream,
    pool: 'pool-0',
    incarnation: 'a-former-life',
    sequenceNumber: minute,
    fromMs: minute * MINUTE_MS,
    toMs: (minute + 1) * MINUTE_MS,
    issued: demanded,
    returned: 0,
    requests: demanded,
    stalls: 0,
    demanded,
    stock: 1_000,
    waiting: 0,
    seenOffset: -1,
    peakPerSecond: demanded / 10,
    leadTimeMs: 0,
    largestRequest: 1,
    cursors: [],
  };
}
