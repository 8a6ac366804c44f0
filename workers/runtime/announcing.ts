/** A planned burst, checked and on its way to the allocators. */
import { SequenceError } from '../../core/errors.ts';
import type { SequenceDefinition } from '../../core/sequence.ts';
import { DEFAULT_CLIENT_TYPE, DEFAULT_SERVICE, partitionKey, partitionOf, streamId } from '../../core/stream.ts';
import type { EventLog } from '../../pipelines/ports.ts';
import { encode } from '../../schemas/codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import type { Announcement } from './service.ts';

/** An announced burst may last this long at most: longer is not a burst but the demand, and the forecast learns it. */
const ANNOUNCEMENT_MS_MAX = 7 * 86_400_000;

export async function appendAnnouncement(
  log: EventLog,
  partitionCount: number,
  definition: SequenceDefinition,
  announcement: Announcement,
): Promise<void> {
  const { sequence, clientType = DEFAULT_CLIENT_TYPE, service = DEFAULT_SERVICE, rate, fromMs, untilMs } = announcement;
  const lastsMs = untilMs - fromMs;
  if (!(rate > 0 && Number.isFinite(rate)))
    throw new SequenceError('SEQ_INVALID_REQUEST', `rate is ${rate}: announce values per second above 0`);
  if (!(lastsMs > 0 && lastsMs <= ANNOUNCEMENT_MS_MAX)) {
    throw new SequenceError('SEQ_INVALID_REQUEST', 'an announced burst ends after it begins and lasts at most 7 days');
  }
  const stream = streamId({ sequence, clientType, service });
  const partition = partitionOf(partitionKey(stream, definition), partitionCount);
  const record = encode({ kind: 'BurstDeclared', stream, rate, fromMs, untilMs });
  await log.append({ topic: TOPICS.announcements.name, partition, records: [record] });
}
