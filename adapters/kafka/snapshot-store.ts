/**
 * Snapshots in a topic of their own, in the partition of what they are of. A snapshot counts once all its chunks are there; saving one
 * cuts off the front of the partition that no stage needs for its newest three.
 *
 * Which snapshots there are is remembered, and only what came since is read; their states are read when somebody loads them.
 */
import { SequenceError } from '../../core/errors.ts';
import type { EventLog, Snapshot, SnapshotRoom, SnapshotStore } from '../../pipelines/ports.ts';
import { decode, encode } from '../../schemas/codec.ts';
import type { SnapshotChunk } from '../../schemas/messages.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { CHUNK_BYTES_MAX, chunksOf, snapshotOf } from './snapshot-chunks.ts';

const KEPT = 3;
const ALL: SnapshotRoom = { newest: KEPT, bytesMax: Infinity };
/** Large records: a few at a time. */
const RECORDS_PER_READ = 8;
const TOPIC = TOPICS.snapshots.name;

/** Where the chunks of one saving of a snapshot are. */
interface Saved {
  readonly stage: string;
  readonly checksum: string;
  readonly offsets: number[];
  readonly chunks: number;
}

interface PartitionIndex {
  /** In the order in which they began. */
  saved: Saved[];
  next: number;
}

export type SnapshotLog = Pick<EventLog, 'append' | 'read' | 'startOffset' | 'cut'>;

export function createSnapshotStore(log: SnapshotLog): SnapshotStore {
  const indexes = new Map<number, PartitionIndex>();
  const refreshing = new Map<number, Promise<PartitionIndex>>();

  async function bringUpToDate(partition: number): Promise<PartitionIndex> {
    const index = indexes.get(partition) ?? { saved: [], next: 0 };
    indexes.set(partition, index);
    for (;;) {
      const entries = await log.read(TOPIC, partition, index.next, RECORDS_PER_READ);
      for (const { offset, bytes } of entries) {
        const chunk = chunkIn(bytes);
        if (chunk !== undefined) note(index, offset, chunk);
        index.next = offset + 1;
      }
      if (entries.length < RECORDS_PER_READ) break;
    }
    const start = await log.startOffset(TOPIC, partition);
    // Another process has cut off the front, with all of a snapshot or a part of it.
    index.saved = index.saved.filter(({ offsets }) => (offsets[0] ?? 0) >= start);
    return index;
  }

  /** One reading of a partition at a time. */
  function indexOf(partition: number): Promise<PartitionIndex> {
    const before = refreshing.get(partition) ?? Promise.resolve();
    const own = before.catch(() => undefined).then(() => bringUpToDate(partition));
    refreshing.set(partition, own);
    const forget = (): void => {
      if (refreshing.get(partition) === own) refreshing.delete(partition);
    };
    own.then(forget, forget);
    return own;
  }

  async function read({ offsets }: Saved, partition: number): Promise<Snapshot | undefined> {
    const chunks: SnapshotChunk[] = [];
    for (const offset of offsets) {
      const [entry] = await log.read(TOPIC, partition, offset, 1);
      const chunk = entry === undefined || entry.offset !== offset ? undefined : chunkIn(entry.bytes);
      if (chunk !== undefined) chunks.push(chunk);
    }
    return snapshotOf(chunks);
  }

  async function cutFront(partition: number): Promise<void> {
    const { saved, next } = await indexOf(partition);
    const needed = new Set([...new Set(saved.map(({ stage }) => stage))].flatMap((stage) => newest(saved, stage)));
    // What is still being written counts too: it is newer than the newest of its stage.
    const waiting = saved.filter((each) => !isComplete(each) && saved.indexOf(each) > saved.findLastIndex(sameAndComplete(each)));
    const from = Math.min(next, ...[...needed, ...waiting].map(({ offsets }) => offsets[0] ?? next));
    if (from > (await log.startOffset(TOPIC, partition))) await log.cut(TOPIC, partition, from);
  }

  return {
    async save(snapshot) {
      const { partition } = snapshot.header;
      for (const chunk of chunksOf(snapshot)) await appendSurely(log, partition, encode(chunk));
      // It is saved; what could not be cut off goes with the next one.
      await cutFront(partition).catch(() => undefined);
    },
    async load(stage, partition, { newest: most, bytesMax } = ALL) {
      const { saved } = await indexOf(partition);
      const loaded: Snapshot[] = [];
      for (const each of newest(saved, stage).slice(0, most)) {
        // The first chunk is the header, and the last one seldom full.
        if ((each.chunks - 2) * CHUNK_BYTES_MAX > bytesMax) continue;
        const snapshot = await read(each, partition);
        if (snapshot !== undefined) loaded.push(snapshot);
      }
      return loaded;
    },
  };
}

/** An append whose outcome is unknown is made again: a chunk that is there twice counts once. */
const ATTEMPTS_MAX = 5;

async function appendSurely(log: SnapshotLog, partition: number, bytes: Uint8Array): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await log.append({ topic: TOPIC, partition, records: [bytes] });
      return;
    } catch (error) {
      if (!(error instanceof SequenceError && error.code === 'SEQ_APPEND_UNKNOWN') || attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

/** Chunks of one saving follow each other; those of others may be between them. */
function note({ saved }: PartitionIndex, offset: number, { stage, checksum, chunk, chunks }: SnapshotChunk): void {
  const open = saved.findLast((each) => each.checksum === checksum && each.stage === stage && !isComplete(each));
  if (chunk === 0 && open === undefined) saved.push({ stage, checksum, chunks, offsets: [offset] });
  else if (open !== undefined && chunk === open.offsets.length) open.offsets.push(offset);
}

function isComplete({ offsets, chunks }: Saved): boolean {
  return offsets.length === chunks;
}

function sameAndComplete(of: Saved): (each: Saved) => boolean {
  return (each) => each.stage === of.stage && isComplete(each);
}

/** The newest of a stage, newest first: by when they were complete. */
function newest(saved: readonly Saved[], stage: string): Saved[] {
  return saved
    .filter((each) => each.stage === stage && isComplete(each))
    .sort((a, b) => (b.offsets.at(-1) ?? 0) - (a.offsets.at(-1) ?? 0))
    .slice(0, KEPT);
}

/** Undefined for bytes that are no chunk of a snapshot. */
function chunkIn(bytes: Uint8Array): SnapshotChunk | undefined {
  try {
    const message = decode(bytes);
    return message.kind === 'SnapshotChunk' ? message : undefined;
  } catch {
    return undefined;
  }
}
