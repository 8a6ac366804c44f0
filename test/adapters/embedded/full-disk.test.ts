/** A full disk: appends are refused whole, and go on once there is space. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type EmbeddedStorage, openEmbeddedStorage } from '../../../adapters/embedded/storage.ts';
import { newDataDir, opened, show, text } from './data-dirs.ts';

const TOPIC = 'seqcast.consumption';
const KILOBYTE = text('.'.repeat(1_024));

describe('a database that may not grow', () => {
  test('refuses the append that does not fit and keeps nothing of it', async () => {
    const storage = await opened({ dataDir: newDataDir(), sizeBytesMax: 256 * 1024 });
    await storage.log.append({ topic: TOPIC, partition: 0, records: [text('first')] });
    const large = Array.from({ length: 1_000 }, () => KILOBYTE);
    await expect(storage.log.append({ topic: TOPIC, partition: 0, records: large })).rejects.toMatchObject({
      code: 'SEQ_DISK_FULL',
      retriable: true,
    });
    expect(await storage.log.endOffset(TOPIC, 0)).toBe(1);
    expect(await storage.log.append({ topic: TOPIC, partition: 0, records: [text('second')] })).toBe(1);
    expect((await storage.log.read(TOPIC, 0, 0, 10)).map(({ bytes }) => show(bytes))).toEqual(['first', 'second']);
  });

  test('a request that fails does not take down those it was committed with', async () => {
    const storage = await opened({ dataDir: newDataDir(), sizeBytesMax: 256 * 1024 });
    const large = Array.from({ length: 1_000 }, () => KILOBYTE);
    const appends = Array.from({ length: 21 }, (_, index) =>
      storage.log.append({ topic: TOPIC, partition: 0, records: index === 10 ? large : [text(`${index}`)] }),
    );
    const put = storage.routes.put('k', 'v');
    const outcomes = await Promise.allSettled(appends);
    expect(outcomes.map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(1);
    expect(outcomes[10]).toMatchObject({ status: 'rejected', reason: { code: 'SEQ_DISK_FULL' } });
    expect((await put)?.value).toBe('v');
    const kept = (await storage.log.read(TOPIC, 0, 0, 100)).map(({ bytes }) => show(bytes));
    expect(kept).toEqual(Array.from({ length: 21 }, (_, index) => `${index}`).filter((name) => name !== '10'));
    expect(outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))).toEqual(kept.map((_, offset) => offset));
  });

  test('takes appends again once old records were trimmed', async () => {
    const storage = await opened({ dataDir: newDataDir(), sizeBytesMax: 256 * 1024 });
    const appended = await fill(storage);
    expect(await storage.log.trim(TOPIC, Date.now() + 1)).toBe(appended);
    expect(await storage.log.append({ topic: TOPIC, partition: 0, records: [KILOBYTE] })).toBe(appended);
  });
});

describe('a disk that is full', () => {
  const canMount = process.platform === 'linux' && process.getuid?.() === 0 && mounts();

  test.runIf(canMount)('refuses appends, keeps what it had, and takes them again when space is freed', async () => {
    const directory = mounted('2m');
    const dataDir = join(directory, 'data');
    const ballast = join(directory, 'ballast');
    const failures: unknown[] = [];
    const storage = await openEmbeddedStorage({ dataDir, onFailure: (error) => failures.push(error) });
    writeFileSync(ballast, Buffer.alloc(1024 * 1024));
    const appended = await fill(storage);
    expect(await storage.log.endOffset(TOPIC, 0)).toBe(appended);
    rmSync(ballast);
    expect(await storage.log.append({ topic: TOPIC, partition: 0, records: [KILOBYTE] })).toBe(appended);
    expect(failures).toEqual([]);
    await storage.close();
    const again = await openEmbeddedStorage({ dataDir, onFailure: (error) => failures.push(error) });
    expect(await again.log.read(TOPIC, 0, 0, 10_000)).toHaveLength(appended + 1);
    await again.close();
  });

  test.runIf(canMount)('can be opened and read while it is full', async () => {
    const directory = mounted('2m');
    const dataDir = join(directory, 'data');
    const first = await openEmbeddedStorage({ dataDir, onFailure: () => undefined });
    const appended = await fill(first);
    await first.close();
    try {
      writeFileSync(join(directory, 'ballast'), Buffer.alloc(2 * 1024 * 1024));
    } catch {
      // That is the point: now nothing more fits.
    }
    const again = await openEmbeddedStorage({ dataDir, onFailure: () => undefined });
    expect(await again.log.endOffset(TOPIC, 0)).toBe(appended);
    await expect(again.log.append({ topic: TOPIC, partition: 0, records: [KILOBYTE] })).rejects.toMatchObject({ code: 'SEQ_DISK_FULL' });
    await again.close();
  });

  test.runIf(canMount)('a directory cannot be created on it, and nothing is left behind that would look like one', async () => {
    const directory = mounted('24k');
    const dataDir = join(directory, 'data');
    await expect(openEmbeddedStorage({ dataDir, onFailure: () => undefined })).rejects.toMatchObject({ code: 'SEQ_DISK_FULL' });
    execFileSync('mount', ['-o', 'remount,size=4m', directory]);
    const storage = await openEmbeddedStorage({ dataDir, onFailure: () => undefined });
    expect(await storage.log.append({ topic: TOPIC, partition: 0, records: [text('a')] })).toBe(0);
    await storage.close();
  });
});

/** Appends until the disk is full; how many records fitted. */
async function fill(storage: EmbeddedStorage): Promise<number> {
  for (let appended = 0; ; appended++) {
    try {
      await storage.log.append({ topic: TOPIC, partition: 0, records: [KILOBYTE] });
    } catch (error) {
      expect(error).toMatchObject({ code: 'SEQ_DISK_FULL' });
      expect(appended).toBeGreaterThan(10);
      return appended;
    }
  }
}

function mounted(size: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'seqcast-test', directory]);
  onTestFinished(() => {
    execFileSync('umount', ['-l', directory]);
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** Containers often run as root without the right to mount. */
function mounts(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'seqcast-test', directory], { stdio: 'ignore' });
    execFileSync('umount', [directory], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
