/** Failures nobody foresaw: everyone who waits is told, the owner once, and nothing is left half alive. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openEmbeddedStorage } from '../../../adapters/embedded/storage.ts';
import { newDataDir, opened, startOwner, text } from './data-dirs.ts';

const TOPIC = 'seqcast.shards';

describe('a write that the system refuses', () => {
  // A limit on file sizes is the one write error an ordinary user can bring about; SQLite reports it as it would a failing disk.
  test.runIf(process.platform === 'linux')(
    'ends the storage: the owner is told once, appends may have happened, later ones are refused',
    async () => {
      const dataDir = join(newDataDir(), 'data');
      const owner = startOwner(dataDir, 'fill', "trap '' XFSZ; ulimit -f 300");
      await owner.ended();
      const failures = owner.lines.filter((line) => line.startsWith('failure'));
      const rejected = owner.lines.filter((line) => line.startsWith('rejected'));
      expect(failures).toEqual(['failure SEQ_STORAGE_FAILED']);
      expect(rejected).toHaveLength(8);
      expect(new Set(rejected)).toEqual(new Set(['rejected SEQ_APPEND_UNKNOWN']));
      expect(owner.lines.at(-1)).toBe('closed');
      const storage = await opened({ dataDir });
      const acknowledged = owner.lines.filter((line) => line.startsWith('ack')).length;
      const kept = (await storage.log.endOffset(TOPIC, 0)) + (await storage.log.endOffset(TOPIC, 1));
      expect(kept).toBeGreaterThanOrEqual(3 * acknowledged);
    },
    20_000,
  );
});

describe('after close', () => {
  test('what was asked before is answered, what is asked after is refused', async () => {
    const dataDir = newDataDir();
    const failures: unknown[] = [];
    const storage = await openEmbeddedStorage({ dataDir, onFailure: (error) => failures.push(error) });
    const before = storage.log.append({ topic: TOPIC, partition: 0, records: [text('a')] });
    const closing = storage.close();
    await expect(storage.log.append({ topic: TOPIC, partition: 0, records: [text('b')] })).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
    await expect(storage.routes.get('k')).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
    await expect(storage.snapshots.load('allocation', 0)).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
    expect(await before).toBe(0);
    await closing;
    expect(failures).toEqual([]);
  });

  test('subscriptions end without an error', async () => {
    const errors: unknown[] = [];
    const storage = await openEmbeddedStorage({ dataDir: newDataDir(), onFailure: (error) => errors.push(error) });
    await storage.log.append({ topic: TOPIC, partition: 0, records: [text('a')] });
    storage.log.subscribe({ topic: TOPIC, partition: 0, from: 0, handler: () => undefined, onError: (error) => errors.push(error) });
    await storage.close();
    await new Promise(setImmediate);
    expect(errors).toEqual([]);
  });
});
