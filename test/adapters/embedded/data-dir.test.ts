/** Opening a data directory: one owner at a time, and one clear error for each way in which a directory can be wrong. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { describe, expect, test } from 'vitest';
import { openEmbeddedStorage } from '../../../adapters/embedded/storage.ts';
import { newDataDir, opened, show, startOwner, text } from './data-dirs.ts';

const TOPIC = 'seqcast.shards';
const onFailure = (): void => undefined;

describe('a new directory', () => {
  test('is created with all above it, and says what it holds', async () => {
    const dataDir = join(newDataDir(), 'deep', 'down');
    const storage = await opened({ dataDir, partitionCount: 4 });
    expect(storage.partitionCount).toBe(4);
    expect(storage.logId).toMatch(/^[0-9a-f-]{36}$/);
    expect(Math.abs(storage.createdAtMs - Date.now())).toBeLessThan(10_000);
  });

  test('keeps its own number of partitions for ever', async () => {
    const dataDir = newDataDir();
    const first = await opened({ dataDir, partitionCount: 4 });
    await first.close();
    const again = await opened({ dataDir, partitionCount: 8 });
    expect([again.partitionCount, again.logId, again.createdAtMs]).toEqual([4, first.logId, first.createdAtMs]);
  });

  test('whose creation was interrupted before anything was in it is taken as new', async () => {
    const dataDir = newDataDir();
    writeFileSync(join(dataDir, 'seqcast.db'), '');
    const storage = await opened({ dataDir });
    expect(await storage.log.append({ topic: TOPIC, partition: 0, records: [text('a')] })).toBe(0);
  });

  test('is left with the database and its witness when it is closed', async () => {
    const dataDir = newDataDir();
    const storage = await opened({ dataDir });
    await storage.log.append({ topic: TOPIC, partition: 0, records: [text('a')] });
    expect(readdirSync(dataDir)).toContain('seqcast.pid');
    await storage.close();
    expect(
      readdirSync(dataDir)
        .filter((name) => statSync(join(dataDir, name)).size > 0)
        .sort(),
    ).toEqual(['seqcast.db', 'seqcast.witness']);
  });
});

describe('one owner', () => {
  test('a second opening in the same process is refused, and does not disturb the first', async () => {
    const dataDir = newDataDir();
    const storage = await opened({ dataDir });
    const refused = openEmbeddedStorage({ dataDir, onFailure });
    await expect(refused).rejects.toMatchObject({ code: 'SEQ_DATA_DIR_IN_USE', details: { pid: process.pid } });
    await expect(openEmbeddedStorage({ dataDir, onFailure, readOnly: true })).rejects.toMatchObject({ code: 'SEQ_DATA_DIR_IN_USE' });
    expect(await storage.log.append({ topic: TOPIC, partition: 0, records: [text('a')] })).toBe(0);
    const other = startOwner(dataDir, 'hold');
    await other.ended();
    expect(other.lines, 'the lock must hold against other processes still').toEqual(['refused SEQ_DATA_DIR_IN_USE']);
  }, 20_000);

  test('another process is refused and told who the owner is, until the owner is killed', async () => {
    const dataDir = newDataDir();
    const owner = startOwner(dataDir, 'hold');
    expect(await owner.firstLine()).toBe(`owner ${owner.process.pid}`);
    const refused = openEmbeddedStorage({ dataDir, onFailure });
    await expect(refused).rejects.toMatchObject({ code: 'SEQ_DATA_DIR_IN_USE', details: { pid: owner.process.pid } });
    await expect(openEmbeddedStorage({ dataDir, onFailure })).rejects.toThrow(`process ${owner.process.pid}`);
    // Not waited for: who restarts a killed process does not wait for its burial either.
    owner.process.kill('SIGKILL');
    const storage = await opened({ dataDir });
    expect(await storage.log.append({ topic: TOPIC, partition: 0, records: [text('a')] })).toBe(0);
  }, 20_000);

  test('closing frees it at once', async () => {
    const dataDir = newDataDir();
    for (let life = 0; life < 3; life++) {
      const storage = await opened({ dataDir });
      expect(await storage.log.append({ topic: TOPIC, partition: 0, records: [text('a')] })).toBe(life);
      await storage.close();
      await storage.close();
    }
  });
});

describe('a directory that cannot be used', () => {
  test('because a file is in its place', async () => {
    const file = join(newDataDir(), 'file');
    writeFileSync(file, 'mine');
    await expect(openEmbeddedStorage({ dataDir: file, onFailure })).rejects.toMatchObject({ code: 'SEQ_DATA_DIR_UNUSABLE' });
    await expect(openEmbeddedStorage({ dataDir: join(file, 'below'), onFailure })).rejects.toMatchObject({ code: 'SEQ_DATA_DIR_UNUSABLE' });
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  test('because a directory is where the database belongs', async () => {
    const dataDir = newDataDir();
    mkdirSync(join(dataDir, 'seqcast.db'));
    await expect(openEmbeddedStorage({ dataDir, onFailure })).rejects.toMatchObject({ code: 'SEQ_DATA_DIR_UNUSABLE' });
  });

  test.runIf(process.platform === 'linux')('because the file system takes no files', async () => {
    await expect(openEmbeddedStorage({ dataDir: '/proc/seqcast', onFailure })).rejects.toMatchObject({ code: 'SEQ_DATA_DIR_UNUSABLE' });
  });
});

describe('a damaged directory', () => {
  /** A closed directory that holds records, and the check that opening it fails as corrupt and changes nothing. */
  async function filled(records = 2_000): Promise<{ dataDir: string; file: string }> {
    const dataDir = newDataDir();
    const storage = await opened({ dataDir });
    for (let count = 0; count < records; count += 100) {
      await storage.log.append({
        topic: TOPIC,
        partition: 0,
        records: Array.from({ length: 100 }, (_, index) => text(`${count + index} ${'.'.repeat(50)}`)),
      });
    }
    await storage.close();
    return { dataDir, file: join(dataDir, 'seqcast.db') };
  }

  async function expectCorrupt(dataDir: string, because: RegExp): Promise<void> {
    const file = join(dataDir, 'seqcast.db');
    const before = digest(file);
    const opening = openEmbeddedStorage({ dataDir, onFailure });
    await expect(opening).rejects.toMatchObject({ code: 'SEQ_DATA_CORRUPT', message: expect.stringMatching(because) });
    await expect(openEmbeddedStorage({ dataDir, onFailure, readOnly: true })).rejects.toThrow(file);
    expect(digest(file)).toBe(before);
  }

  test('a database with garbage at its beginning is refused', async () => {
    const { dataDir, file } = await filled();
    const bytes = readFileSync(file);
    bytes.fill('garbage', 0, 100);
    writeFileSync(file, bytes);
    await expectCorrupt(dataDir, /not a database/);
  });

  test('a database cut short is refused', async () => {
    const { dataDir, file } = await filled();
    truncateSync(file, Math.floor(statSync(file).size / 2));
    await expectCorrupt(dataDir, /seqcast\.db/);
  });

  test('a database cut to nothing, or gone, is not taken for a new one', async () => {
    const { dataDir, file } = await filled();
    truncateSync(file, 0);
    await expectCorrupt(dataDir, /it is empty/);
    rmSync(file);
    await expectCorrupt(dataDir, /it is missing/);
  });

  test('a page of garbage in the middle is found', async () => {
    const { dataDir, file } = await filled();
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 4_096 * 4, 4_096 * 5);
    writeFileSync(file, bytes);
    await expectCorrupt(dataDir, /damaged/);
  });

  test('a missing table is found', async () => {
    const { dataDir, file } = await filled();
    edit(file, 'DROP TABLE route');
    await expectCorrupt(dataDir, /misses route/);
  });

  test('another program’s database is refused', async () => {
    const { dataDir, file } = await filled();
    rmSync(file);
    edit(file, 'CREATE TABLE theirs (a)');
    await expectCorrupt(dataDir, /not a database of seqcast/);
  });

  test('a flipped bit inside a record is found when it is read', async () => {
    const { dataDir, file } = await filled(100);
    const bytes = readFileSync(file);
    const at = bytes.indexOf('42 ....');
    expect(at).toBeGreaterThan(0);
    bytes[at] = 0x35;
    writeFileSync(file, bytes);
    const storage = await opened({ dataDir });
    await expect(storage.log.read(TOPIC, 0, 0, 100)).rejects.toMatchObject({
      code: 'SEQ_DATA_CORRUPT',
      details: { topic: TOPIC, partition: 0 },
    });
    const error = await new Promise((resolve) => {
      storage.log.subscribe({ topic: TOPIC, partition: 0, from: 0, handler: () => undefined, onError: resolve });
    });
    expect(error).toMatchObject({ code: 'SEQ_DATA_CORRUPT' });
  });

  test('an old copy of the database put back is found, because values would be given out again', async () => {
    const { dataDir, file } = await filled(100);
    copyFileSync(file, `${file}.old`);
    const storage = await opened({ dataDir });
    await storage.log.append({ topic: TOPIC, partition: 0, records: [text('later')] });
    await storage.close();
    copyFileSync(`${file}.old`, file);
    await expectCorrupt(dataDir, /holds 100 records, 101 were written/);
  });

  test('a write-ahead file that was cut off after a crash is found', async () => {
    const dataDir = newDataDir();
    const owner = startOwner(dataDir, 'append');
    await owner.firstLine();
    while (owner.lines.length < 100) {
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
    }
    await owner.kill9();
    const wal = join(dataDir, 'seqcast.db-wal');
    truncateSync(wal, Math.floor(statSync(wal).size / 2));
    await expect(openEmbeddedStorage({ dataDir, onFailure })).rejects.toMatchObject({
      code: 'SEQ_DATA_CORRUPT',
      message: expect.stringContaining('-wal'),
    });
  }, 20_000);

  test('a database of another log than the witness names is refused', async () => {
    const { dataDir, file } = await filled(100);
    const other = await filled(200);
    copyFileSync(other.file, file);
    await expectCorrupt(dataDir, /the witness beside it names/);
  });

  test('a witness that is lost or unreadable is written again', async () => {
    const { dataDir } = await filled(100);
    const witness = join(dataDir, 'seqcast.witness');
    for (const content of [undefined, 'rubbish']) {
      if (content === undefined) rmSync(witness);
      else writeFileSync(witness, content);
      const storage = await opened({ dataDir });
      await storage.close();
      expect(JSON.parse(readFileSync(witness, 'utf8'))).toMatchObject({ records: 100 });
    }
  });

  test('a newer format is left alone', async () => {
    const { dataDir, file } = await filled(100);
    edit(file, 'PRAGMA user_version = 99');
    const before = digest(file);
    await expect(openEmbeddedStorage({ dataDir, onFailure })).rejects.toMatchObject({ code: 'SEQ_DATA_NEWER', details: { format: 99 } });
    expect(digest(file)).toBe(before);
  });

  test('a damaged snapshot is left out, the older one loads', async () => {
    const dataDir = newDataDir();
    const storage = await opened({ dataDir });
    const header = { stage: 'allocation', partition: 0, logId: 'l', offsets: {}, lastRecordHashes: {}, level: 1, stateSchema: 1 };
    for (const state of ['old', 'middle', 'new']) await storage.snapshots.save({ header, bytes: text(state) });
    await storage.close();
    edit(
      join(dataDir, 'seqcast.db'),
      "UPDATE snapshot_piece SET bytes = CAST('nwe' AS BLOB) WHERE snapshot = 3; UPDATE snapshot SET header = replace(header, 'level', 'leven') WHERE id = 2",
    );
    const again = await opened({ dataDir });
    expect((await again.snapshots.load('allocation', 0)).map(({ bytes }) => show(bytes))).toEqual(['old']);
  });
});

describe('reading a stopped directory', () => {
  test('shows everything and changes nothing', async () => {
    const dataDir = newDataDir();
    const storage = await opened({ dataDir });
    await storage.log.append({ topic: TOPIC, partition: 0, records: [text('a')] });
    await storage.close();
    const before = digest(join(dataDir, 'seqcast.db'));
    const reading = await opened({ dataDir, readOnly: true });
    expect((await reading.log.read(TOPIC, 0, 0, 10)).map(({ bytes }) => show(bytes))).toEqual(['a']);
    expect(await reading.integrityProblems()).toEqual([]);
    await expect(reading.log.append({ topic: TOPIC, partition: 0, records: [text('b')] })).rejects.toMatchObject({
      code: 'SEQ_DATA_DIR_UNUSABLE',
    });
    await expect(reading.routes.put('k', 'v')).rejects.toMatchObject({ code: 'SEQ_DATA_DIR_UNUSABLE' });
    await reading.close();
    expect(digest(join(dataDir, 'seqcast.db'))).toBe(before);
  });

  test('shows what a killed owner had acknowledged', async () => {
    const dataDir = newDataDir();
    const owner = startOwner(dataDir, 'append');
    await owner.firstLine();
    while (owner.lines.length < 50) {
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
    }
    await owner.kill9();
    const reading = await opened({ dataDir, readOnly: true });
    const records = (await reading.log.endOffset(TOPIC, 0)) + (await reading.log.endOffset(TOPIC, 1));
    expect(records).toBeGreaterThanOrEqual(3 * owner.lines.filter((line) => line.startsWith('ack')).length);
  }, 20_000);

  test('does not create what is not there', async () => {
    const dataDir = join(newDataDir(), 'nothing');
    await expect(openEmbeddedStorage({ dataDir, onFailure, readOnly: true })).rejects.toMatchObject({ code: 'SEQ_DATA_DIR_UNUSABLE' });
    expect(existsSync(dataDir)).toBe(false);
  });
});

/** What tells whether a file was changed. */
function digest(file: string): string | undefined {
  return existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : undefined;
}

/** Changes a database that nobody owns. No prepared statement is left behind: it would keep the lock of this process. */
function edit(file: string, sql: string): void {
  const database = new Database(file);
  database.exec(sql);
  database.close();
}
