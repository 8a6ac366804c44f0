/** A reader that catches up while others go on writing. */
import { expect, onTestFinished, test } from 'vitest';
import { openEmbeddedStorage } from '../../../../adapters/embedded/storage.ts';
import type { EventLog, SnapshotStore } from '../../../../pipelines/ports.ts';
import { decode } from '../../../../schemas/codec.ts';
import { TOPICS } from '../../../../schemas/topics.ts';
import { LedgerReader } from '../../../../workers/runtime/ledger/ledger-reader.ts';
import { opened, scratchDirectory } from '../../embedded/scratch-directory.ts';

const PARTITIONS = 2;

test('a claim that was made after the ranges logs were read to their ends is found before the shards that name it', async () => {
  const dataDir = scratchDirectory();
  const seqcast = await opened({ dataDir, partitions: PARTITIONS });
  for (const name of ['orders', 'invoices', 'tickets']) {
    await seqcast.create(name, {});
    await seqcast.next({ sequence: name, count: 10 });
  }
  await seqcast.close();

  const storage = await openEmbeddedStorage({ dataDir, partitionCount: PARTITIONS, onFailure: (error) => expect.fail(String(error)) });
  onTestFinished(() => storage.close());
  let wereShardsRead = false;
  const log = Object.create(storage.log) as EventLog;
  log.read = async (topic, ...where) => {
    const entries = await storage.log.read(topic, ...where);
    wereShardsRead ||= topic === TOPICS.shards.name;
    // As long as nobody looked at the shards, the claims are still to be made.
    const first = wereShardsRead ? -1 : entries.findIndex(({ bytes }) => decode(bytes).kind === 'RangeClaimed');
    return first < 0 ? entries : entries.slice(0, first);
  };
  const none: SnapshotStore = { load: async () => [], save: async () => undefined };
  const reader = new LedgerReader({ log, snapshots: none, partitionCount: PARTITIONS, onFailure: (error) => expect.fail(String(error)) });
  await reader.catchUp();
  expect(reader.recordsRejected).toBe(0);
  expect(reader.shards.reduce((sum, { streams }) => sum + streams.size, 0)).toBe(3);
});
