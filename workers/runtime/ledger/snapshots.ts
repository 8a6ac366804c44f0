/**
 * Snapshots of folded states: which one may be used, and which contradicts its log. One of a level or state schema that this version does not
 * know is ignored (the fold starts from zero, nothing is converted); a log that is shorter than the snapshot, or holds another record
 * where the snapshot ends, has lost history, and the reader stops.
 */
import { createHash } from 'node:crypto';
import { SequenceError } from '../../../core/errors.ts';
import { isReadableState, STATE_SCHEMA } from '../../../core/ledger/state-json.ts';
import type { EventLog, SnapshotStore } from '../../../pipelines/ports.ts';

export interface SnapshotPlace {
  readonly log: EventLog;
  readonly snapshots: SnapshotStore;
  readonly stage: string;
  readonly topic: string;
  readonly partition: number;
}

export function recordHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The newest snapshot's state that fits the log, as text; undefined where there is none to start from. */
export async function fittingSnapshot(place: SnapshotPlace): Promise<string | undefined> {
  const bytes = await fittingBytes(place);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
}

/** The same for a state that is no text. */
export async function fittingBytes(place: SnapshotPlace): Promise<Uint8Array | undefined> {
  const start = await place.log.startOffset(place.topic, place.partition);
  for (const { header, bytes } of await place.snapshots.load(place.stage, place.partition)) {
    if (!isReadableState(header)) continue;
    if (header.logId !== place.log.logId) throw contradiction(place, 'was taken from another log');
    const offset = header.offsets[place.topic] ?? 0;
    // Of before a trim: it cannot be compared with the log any more, and a newer one was there when the log was cut.
    if (offset > 0 && offset <= start) continue;
    if (offset > (await place.log.endOffset(place.topic, place.partition)))
      throw contradiction(place, `stands at record ${offset}, beyond the end of the log`);
    const hash = header.lastRecordHashes[place.topic] ?? '';
    if (offset > 0 && hash !== '') {
      const [last] = await place.log.read(place.topic, place.partition, offset - 1, 1);
      if (last === undefined || last.offset !== offset - 1 || recordHash(last.bytes) !== hash) {
        throw contradiction(place, `does not fit record ${offset - 1} of the log`);
      }
    }
    return bytes;
  }
  return undefined;
}

export async function saveSnapshot(
  options: SnapshotPlace & {
    readonly level: number;
    readonly position: { offset: number; hash: string };
    readonly state: string | Uint8Array;
  },
): Promise<void> {
  const { stage, partition, topic, level, position } = options;
  await options.snapshots.save({
    header: {
      stage,
      partition,
      logId: options.log.logId,
      offsets: { [topic]: position.offset },
      lastRecordHashes: { [topic]: position.hash },
      level,
      stateSchema: STATE_SCHEMA,
    },
    bytes: typeof options.state === 'string' ? Buffer.from(options.state, 'utf8') : options.state,
  });
}

function contradiction(place: SnapshotPlace, how: string): SequenceError {
  return new SequenceError(
    'SEQ_DATA_CORRUPT',
    `the newest snapshot of ${place.stage} partition ${place.partition} ${how}: records were lost`,
  );
}
