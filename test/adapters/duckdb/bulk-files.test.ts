/** The files of bulk jobs at their edges: a full disk, links out of the directory, runs that the engine cannot count to. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BulkFiles, type BulkWrite } from '../../../adapters/duckdb/bulk-files.ts';

const REST = { print: undefined, isStopping: () => false, onShare: () => undefined };
const MILLION = { start: 1n, count: 1_000_000, increment: 1n };

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-bulk-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function parquet(file: string, runs: BulkWrite['runs']): BulkWrite {
  return { ...REST, file, format: 'parquet', runs };
}

describe('a file of values', () => {
  test('that is stopped on the way is not there at all', async () => {
    const files = await BulkFiles.open(scratch());
    const print = (value: bigint): string => `P-${value}`;
    let asked = 0;
    const stopping = { ...parquet('ids.parquet', [MILLION]), print, isStopping: () => ++asked > 3 };
    await expect(files.write(stopping)).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
    expect(readdirSync(files.root)).toEqual(['.writing']);
    expect(readdirSync(join(files.root, '.writing'))).toEqual([]);
  });

  test('whose engine is interrupted fails as at the end of a process', async () => {
    const files = await BulkFiles.open(scratch());
    const writing = files.write(parquet('ids.parquet', [{ ...MILLION, count: 900_000_000 }]));
    setTimeout(() => files.close(), 300);
    await expect(writing).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
    expect(readdirSync(files.root)).toEqual(['.writing']);
  });
});

test('a link is no file to read, wherever it leads', async () => {
  const directory = scratch();
  const files = await BulkFiles.open(join(directory, 'bulk'));
  writeFileSync(join(directory, 'secret.csv'), 'a\n1\n');
  symlinkSync(join(directory, 'secret.csv'), join(files.root, 'link.csv'));
  await expect(files.look('link.csv')).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
});

describe('a disk that is full', () => {
  const canMount = process.platform === 'linux' && process.getuid?.() === 0 && mounts();

  test.runIf(canMount)('is said, leaves nothing half written, and takes the same file when there is room', async () => {
    const directory = mounted('2m');
    const files = await BulkFiles.open(join(directory, 'bulk'));
    const ballast = join(directory, 'ballast');
    writeFileSync(ballast, Buffer.alloc(1_500_000));
    await expect(files.write(parquet('ids.parquet', [MILLION]))).rejects.toMatchObject({
      code: 'SEQ_DISK_FULL',
      message: expect.stringMatching(/^ids.parquet: the disk is full; nothing half written was kept/),
    });
    expect(readdirSync(join(files.root, '.writing'))).toEqual([]);
    rmSync(ballast);
    expect(await files.write(parquet('ids.parquet', [MILLION]))).toBeGreaterThan(500_000);
    expect(await files.look('ids.parquet')).toMatchObject({ rows: 1_000_000, columns: ['value'] });
  });
});

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
  try {
    const directory = mkdtempSync(join(tmpdir(), 'seqcast-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'seqcast-test', directory], { stdio: 'ignore' });
    execFileSync('umount', [directory], { stdio: 'ignore' });
    rmSync(directory, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}
