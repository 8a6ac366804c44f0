/**
 * The id of a log: minted before the topics of its ledger are created, so that a ledger that was deleted and made anew is never taken
 * for the one whose snapshots are still there.
 *
 * It is kept in a topic of its own. A record says which id it replaces (none: an empty text); the first one that replaces the id
 * that counts becomes the id that counts, whoever else tried at the same time. The id of the cluster goes with it, because such topics may be mirrored.
 */
import { randomUUID } from 'node:crypto';
import { SequenceError } from '../../core/errors.ts';
import type { Append, LogEntry } from '../../pipelines/ports.ts';
import { IDENTITY_TOPIC } from './topic-settings.ts';

export interface IdentityOptions {
  readonly read: (topic: string, partition: number, from: number, limit: number) => Promise<LogEntry[]>;
  readonly append: (append: Append) => Promise<number>;
}

/** Ledgers are made anew once in a while, not thousands of times. */
const RECORDS_MAX = 10_000;
/** An append whose outcome is not known is read back: one of two tries counts. */
const ATTEMPTS_MAX = 5;

interface IdentityRecord {
  readonly id: string;
  readonly replaces: string;
}

/** The id that counts; undefined where there is none yet. */
export async function currentId({ read }: IdentityOptions): Promise<string | undefined> {
  let current: string | undefined;
  for (const { bytes } of await read(IDENTITY_TOPIC, 0, 0, RECORDS_MAX)) {
    const { id, replaces } = parse(bytes);
    if (replaces === (current ?? '')) current = id;
  }
  return current;
}

/** Replaces the id that was seen before the ledger's topics were found missing. */
export async function mintId(options: IdentityOptions, seen: string | undefined): Promise<void> {
  const record: IdentityRecord = { id: randomUUID(), replaces: seen ?? '' };
  for (let attempt = 1; ; attempt++) {
    try {
      await options.append({ topic: IDENTITY_TOPIC, partition: 0, records: [Buffer.from(JSON.stringify(record))] });
      return;
    } catch (error) {
      if (!(error instanceof SequenceError && error.retriable) || attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

function parse(bytes: Uint8Array): IdentityRecord {
  try {
    const { id, replaces } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<Record<keyof IdentityRecord, unknown>>;
    if (typeof id === 'string' && typeof replaces === 'string' && id !== '') return { id, replaces };
  } catch {
    // Told below.
  }
  throw new SequenceError('SEQ_DATA_CORRUPT', `the topic ${IDENTITY_TOPIC} holds a record that is not an id`, { topic: IDENTITY_TOPIC });
}
