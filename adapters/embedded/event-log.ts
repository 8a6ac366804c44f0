/** The event log over the storage thread: appends go there, subscribers of this process get them from memory once they are on disk. */
import { assert } from '../../core/assertion.ts';
import { SequenceError } from '../../core/errors.ts';
import type { Append, EventLog, LogEntry, SubscribeOptions, Subscription } from '../../pipelines/ports.ts';
import { type CatchUp, type Follower, follow } from '../follower.ts';
import { decodeChunks } from './chunk.ts';
import type { StorageLink } from './storage-link.ts';

/** What one read fetches at most: large enough to be fast, small enough that no append waits long for its turn. */
const BYTES_PER_READ_MAX = 1024 * 1024;

export interface EventLogOptions {
  readonly link: StorageLink;
  /** Named in the error when a record turns out damaged. */
  readonly file: string;
  /** The ledger: never trimmed, because every value's owner is in it. */
  readonly ledgerTopics: readonly string[];
}

/** Tells followers what was appended beside this log, in the order of the replies of the storage. */
export type Publish = (topic: string, partition: number, first: number, atMs: number, records: readonly Uint8Array[]) => void;

export interface EmbeddedLog extends EventLog {
  readonly publish: Publish;
}

export function createEventLog({ link, file, ledgerTopics }: EventLogOptions): EmbeddedLog {
  const followers = new Map<string, Set<Follower>>();

  function followersOf(topic: string, partition: number): Set<Follower> | undefined {
    return followers.get(`${partition}\n${topic}`);
  }

  function publish(of: Set<Follower>, first: number, atMs: number, records: readonly Uint8Array[]): void {
    const entries = records.map((bytes, index): LogEntry => ({ offset: first + index, atMs, bytes }));
    for (const follower of of) follower.offer(entries);
  }

  function append({ topic, partition, records }: Append): Promise<number> {
    assert(records.length > 0, 'an append holds at least one record');
    // The caller may use its buffers again: what followers get is a copy, made only where somebody follows.
    const copies = followersOf(topic, partition) === undefined ? undefined : records.map((record) => new Uint8Array(record));
    return new Promise((resolve, reject) => {
      link.send('append', { topic, partition }, records, {
        resolve({ first, atMs }) {
          const of = followersOf(topic, partition);
          if (of !== undefined && copies !== undefined) publish(of, first, atMs, copies);
          else for (const follower of of ?? []) follower.notice(first + records.length);
          resolve(first);
        },
        reject,
      });
    });
  }

  async function readBatch(topic: string, partition: number, from: number, limit: number): Promise<CatchUp> {
    const asks = { topic, partition, from, recordsMax: limit, bytesMax: BYTES_PER_READ_MAX };
    const { chunks, start, end } = await link.ask('read', asks);
    const entries = decodeChunks(chunks, from, limit);
    const first = Math.max(from, start);
    if (entries === undefined || (first < end && entries[0]?.offset !== first)) {
      throw new SequenceError('SEQ_DATA_CORRUPT', `${file} is damaged: ${topic}/${partition} cannot be read at offset ${first}`, {
        file,
        topic,
        partition,
        offset: first,
      });
    }
    return { entries, next: entries.length > 0 ? first + entries.length : Math.max(from, end), end };
  }

  async function read(topic: string, partition: number, from: number, limit: number): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    let next = from;
    while (entries.length < limit) {
      const batch = await readBatch(topic, partition, next, limit - entries.length);
      for (const entry of batch.entries) entries.push(entry);
      next = batch.next;
      if (batch.entries.length === 0 || next >= batch.end) break;
    }
    return entries;
  }

  function subscribe(options: SubscribeOptions): Subscription {
    const { topic, partition } = options;
    const key = `${partition}\n${topic}`;
    const all = followers.get(key) ?? new Set();
    followers.set(key, all);
    const follower = follow({
      ...options,
      catchUp: (from) => readBatch(topic, partition, from, Number.MAX_SAFE_INTEGER),
      onEnd() {
        all.delete(follower);
        if (all.size === 0 && followers.get(key) === all) followers.delete(key);
      },
    });
    all.add(follower);
    return follower;
  }

  return {
    publish(topic, partition, first, atMs, records) {
      const of = followersOf(topic, partition);
      if (of !== undefined) publish(of, first, atMs, records);
    },
    logId: link.facts.logId,
    append,
    read,
    subscribe,
    endOffset: async (topic, partition) => (await link.ask('bounds', { topic, partition })).end,
    startOffset: async (topic, partition) => (await link.ask('bounds', { topic, partition })).start,
    commit: (group, topic, partition, offset) => link.ask('commit', { group, topic, partition, offset }),
    committed: (group, topic, partition) => link.ask('committed', { group, topic, partition }),
    async trim(topic, beforeMs) {
      if (ledgerTopics.includes(topic)) return 0;
      let total = 0;
      for (;;) {
        const { trimmed, done } = await link.ask('trim', { topic, beforeMs });
        total += trimmed;
        if (done) return total;
      }
    },
    async cut(topic, partition, before) {
      while (!(await link.ask('cut', { topic, partition, before })));
    },
    async close() {
      for (const of of [...followers.values()]) for (const follower of [...of]) await follower.close();
      await link.close();
    },
  };
}
