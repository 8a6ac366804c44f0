/** Trimming a ledger: what is cut is exported first, readers start from what is left, and whatever is doubtful stays as it is. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type EmbeddedStorage, openEmbeddedStorage } from '../../../../adapters/embedded/storage.ts';
import { rangesToJson, shardsToJson } from '../../../../core/ledger/state-json.ts';
import type { LogEntry } from '../../../../pipelines/ports.ts';
import { TOPICS } from '../../../../schemas/topics.ts';
import { open } from '../../../../workers/embedded.ts';
import { auditReport, foldLedger } from '../../../../workers/runtime/ledger/audit.ts';
import { listExports, readExports, writeExport } from '../../../../workers/runtime/ledger/ledger-export.ts';
import { LedgerReader } from '../../../../workers/runtime/ledger/ledger-reader.ts';
import { type TrimProgress, type TrimReport, trimLedger } from '../../../../workers/runtime/ledger/ledger-trim.ts';
import type { AuditReport } from '../../../../workers/runtime/service/service.ts';
import { run } from '../../../cli/commands.ts';

const SHARDS = TOPICS.shards.name;
const RANGES = TOPICS.ranges.name;
/** One partition: then every life of a process leaves a snapshot of each log. */
const PARTITIONS = 1;

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-trim-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** One life of a process: a sequence of its own, some values of it and of the first one. Its end saves a snapshot of each log. */
async function live(dataDir: string, name: string): Promise<bigint[]> {
  const seqcast = await open({ dataDir, partitions: PARTITIONS });
  try {
    await seqcast.create(name, {});
    const values: bigint[] = [];
    for (const sequence of [name, name, 'first']) {
      const { blocks } = await seqcast.next({ sequence, count: 10 });
      for (const { start, count } of blocks) for (let i = 0; i < count; i++) values.push(start + BigInt(i));
    }
    return values.slice(-10);
  } finally {
    await seqcast.close();
  }
}

const LIVES = ['first', 'b', 'c'];
/** A directory after one life, after two, after three: each is made once, tests work on copies. */
const templates: string[] = [];

beforeAll(async () => {
  for (const [index, name] of LIVES.entries()) {
    const dataDir = mkdtempSync(join(tmpdir(), 'seqcast-trim-'));
    templates.push(dataDir);
    const before = templates[index - 1];
    if (before !== undefined) cpSync(before, dataDir, { recursive: true });
    await live(dataDir, name);
  }
});

afterAll(() => {
  for (const dataDir of templates) rmSync(dataDir, { recursive: true, force: true });
});

function lived(lives: number): string {
  const dataDir = scratch();
  cpSync(templates[lives - 1] as string, dataDir, { recursive: true });
  return dataDir;
}

async function stored<T>(dataDir: string, work: (storage: EmbeddedStorage) => Promise<T>): Promise<T> {
  const storage = await openEmbeddedStorage({ dataDir, onFailure: () => undefined });
  try {
    return await work(storage);
  } finally {
    await storage.close();
  }
}

async function trimmed(dataDir: string, exportDir: string, changed: (storage: EmbeddedStorage) => EmbeddedStorage = (same) => same) {
  return await stored(dataDir, async (storage): Promise<TrimReport> => {
    const { log, snapshots, partitionCount } = changed(storage);
    return await trimLedger({ log, snapshots, partitionCount, exportDir });
  });
}

/** Folded by a reader as every process folds it, as bytes. */
async function readState(dataDir: string): Promise<string> {
  return await stored(dataDir, async ({ log, snapshots, partitionCount }) => {
    const reader = new LedgerReader({ log, snapshots, partitionCount, onFailure: () => undefined });
    await reader.catchUp();
    return [...reader.ranges.map(rangesToJson), ...reader.shards.map(shardsToJson)].join('\n');
  });
}

async function audited(dataDir: string, exportDir?: string): Promise<AuditReport> {
  return await stored(dataDir, async ({ log, partitionCount }) => {
    const exports = exportDir === undefined ? undefined : { dir: exportDir };
    return auditReport(await foldLedger(log, partitionCount, undefined, { exports }), undefined);
  });
}

async function starts(dataDir: string): Promise<readonly number[]> {
  return await stored(dataDir, ({ log }) => Promise.all([RANGES, SHARDS].map((topic) => log.startOffset(topic, 0))));
}

/** Changes the database behind the back of a stopped directory. */
function changeDatabase(dataDir: string, ...statements: readonly string[]): void {
  const database = new Database(join(dataDir, 'seqcast.db'));
  for (const statement of statements) database.exec(statement);
  database.close();
}

function flipByte(file: string, at: (size: number) => number): void {
  const bytes = readFileSync(file);
  const index = at(bytes.byteLength);
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

function exportsOf(exportDir: string, topic: string): string[] {
  return readdirSync(exportDir)
    .filter((name) => name.startsWith(topic))
    .sort();
}

describe('a trimmed ledger', () => {
  test('folds to the same state, goes on giving out values, and is trimmed again', async () => {
    const [dataDir, exportDir] = [lived(3), scratch()];
    const before = await readState(dataDir);
    const report = await trimmed(dataDir, exportDir);
    expect(report).toMatchObject({ ok: true, partitions: [{ topic: RANGES }, { topic: SHARDS }] });
    for (const { begins, snapshots, leftAlone } of report.partitions) {
      expect(leftAlone).toBeUndefined();
      expect(begins.before).toBe(0);
      expect(begins.after).toBeGreaterThan(0);
      expect(begins.after).toBeLessThan(Math.min(...snapshots));
    }
    expect(await starts(dataDir)).toEqual(report.partitions.map(({ begins }) => begins.after));
    expect(await readState(dataDir)).toBe(before);

    const [one, two] = [await live(dataDir, 'd'), await live(dataDir, 'e')];
    expect(two[0]).toBe((one.at(-1) ?? 0n) + 1n);
    const later = await readState(dataDir);
    const again = await trimmed(dataDir, exportDir);
    expect(again).toMatchObject({ ok: true });
    for (const [index, { begins }] of again.partitions.entries()) {
      expect(begins.after).toBeGreaterThan(report.partitions[index]?.begins.after ?? 0);
    }
    expect(await readState(dataDir)).toBe(later);
    expect(exportsOf(exportDir, SHARDS)).toHaveLength(2);
  });

  test('is audited with its exports as it was without a trim, and not without them', async () => {
    const [dataDir, exportDir] = [lived(3), scratch()];
    const before = await audited(dataDir);
    expect(before).toMatchObject({ ok: true, duplicates: 0 });
    await trimmed(dataDir, exportDir);
    expect(await audited(dataDir, exportDir)).toEqual(before);
    await expect(audited(dataDir)).rejects.toMatchObject({
      code: 'SEQ_LEDGER_CUT',
      message: expect.stringMatching(/^seqcast\.ranges\/0 begins at record \d+, and record 0 is needed: .*--export-dir/),
    });
  });

  test('has nothing more to cut before there are newer snapshots', async () => {
    const [dataDir, exportDir] = [lived(3), scratch()];
    const first = await trimmed(dataDir, exportDir);
    const files = readdirSync(exportDir);
    const second = await trimmed(dataDir, exportDir);
    expect(second.ok).toBe(true);
    expect(second.partitions.map(({ begins }) => begins.after)).toEqual(first.partitions.map(({ begins }) => begins.after));
    expect(readdirSync(exportDir)).toEqual(files);
  });

  test('keeps a reader from starting when its snapshots are gone', async () => {
    const [dataDir, exportDir] = [lived(3), scratch()];
    await trimmed(dataDir, exportDir);
    changeDatabase(dataDir, 'DELETE FROM snapshot; DELETE FROM snapshot_piece');
    await expect(readState(dataDir)).rejects.toMatchObject({
      code: 'SEQ_LEDGER_CUT',
      message: expect.stringContaining('seqcast.ranges/0 goes on at record'),
    });
    await expect(trimmed(dataDir, exportDir)).rejects.toMatchObject({ code: 'SEQ_LEDGER_CUT' });
  });
});

describe('a ledger stays as it is', () => {
  test('with one snapshot, and the report says why', async () => {
    const [dataDir, exportDir] = [lived(1), scratch()];
    const report = await trimmed(dataDir, exportDir);
    expect(report.ok).toBe(true);
    for (const { leftAlone } of report.partitions) expect(leftAlone).toBe('2 snapshots are needed that fit the log, and it has 1');
    expect(await starts(dataDir)).toEqual([0, 0]);
    expect(readdirSync(exportDir)).toEqual([]);
  });

  test('when a byte of one of its two snapshots is flipped', async () => {
    const [dataDir, exportDir] = [lived(2), scratch()];
    changeDatabase(
      dataDir,
      "UPDATE snapshot_piece SET bytes = CAST(replace(CAST(bytes AS TEXT), '\"partition\":0', '\"partition\":1') AS BLOB) WHERE snapshot = (SELECT max(id) FROM snapshot WHERE stage = 'shards')",
    );
    const { ok, partitions } = await trimmed(dataDir, exportDir);
    expect(ok).toBe(true);
    expect(partitions.map(({ leftAlone }) => leftAlone)).toEqual([undefined, '2 snapshots are needed that fit the log, and it has 1']);
    expect(exportsOf(exportDir, SHARDS)).toEqual([]);
  });

  test.each(['ranges', 'shards'] as const)('when a snapshot of the %s is not what its records fold to', async (stage) => {
    const [dataDir, exportDir] = [lived(3), scratch()];
    await stored(dataDir, async ({ snapshots }) => {
      const [newest] = await snapshots.load(stage, 0);
      if (newest === undefined) throw new Error('no snapshot was saved');
      const text = Buffer.from(newest.bytes).toString('utf8');
      const forged = stage === 'ranges' ? text.replace('"next":', '"next":1') : text.replace('"cursor":', '"cursor":1');
      expect(forged).not.toBe(text);
      await snapshots.save({ header: newest.header, bytes: Buffer.from(forged) });
    });
    const { ok, partitions } = await trimmed(dataDir, exportDir);
    expect(ok).toBe(false);
    const forged = partitions.find(({ topic }) => topic === TOPICS[stage].name);
    expect(forged?.leftAlone).toMatch(/^the snapshot at record \d+ of .* is not what the records before it fold to$/);
    expect(forged?.begins.after).toBe(0);
    // The other log proves itself: its records are all there.
    expect(partitions.find((each) => each !== forged)?.leftAlone).toBeUndefined();
  });

  test('where the ranges of a trimmed log are in doubt, its shards too', async () => {
    const [dataDir, exportDir] = [lived(3), scratch()];
    await trimmed(dataDir, exportDir);
    await live(dataDir, 'd');
    await stored(dataDir, async ({ snapshots }) => {
      const [newest] = await snapshots.load('ranges', 0);
      if (newest === undefined) throw new Error('no snapshot was saved');
      const forged = Buffer.from(newest.bytes).toString('utf8').replace('"next":', '"next":1');
      await snapshots.save({ header: newest.header, bytes: Buffer.from(forged) });
    });
    const before = await starts(dataDir);
    const { ok, partitions } = await trimmed(dataDir, exportDir);
    expect(ok).toBe(false);
    expect(partitions[1]?.leftAlone).toBe('a ranges log cannot be folded, and shards are proven with its claims');
    expect(await starts(dataDir)).toEqual(before);
  });

  test('when the snapshots are of another log', async () => {
    const [dataDir, exportDir] = [lived(2), scratch()];
    const { ok, partitions } = await trimmed(dataDir, exportDir, (storage) => ({ ...storage, log: { ...storage.log, logId: 'another' } }));
    expect(ok).toBe(false);
    for (const { leftAlone } of partitions) expect(leftAlone).toContain('was taken from another log');
    expect(await starts(dataDir)).toEqual([0, 0]);
  });

  test.each(['', 'missing'])('when the export directory is not there (%j)', async (name) => {
    const dataDir = lived(2);
    const exportDir = name === '' ? '' : join(dataDir, name);
    await expect(trimmed(dataDir, exportDir)).rejects.toMatchObject({ code: 'SEQ_CONFIG_INVALID' });
    expect(await starts(dataDir)).toEqual([0, 0]);
    expect(name !== '' && existsSync(exportDir)).toBe(false);
  });

  test('when another export directory lacks what was cut before', async () => {
    const [dataDir, exportDir] = [lived(3), scratch()];
    await trimmed(dataDir, exportDir);
    await live(dataDir, 'd');
    const before = await starts(dataDir);
    await expect(trimmed(dataDir, scratch())).rejects.toMatchObject({
      code: 'SEQ_CONFIG_INVALID',
      message: expect.stringMatching(/^records 0 to \d+ of seqcast\.ranges\/0 were cut off before/),
    });
    expect(await starts(dataDir)).toEqual(before);
  });
});

describe('a trim that ends before its cut', () => {
  /** As if the process were killed when the first shards record was to go. */
  const killed = (storage: EmbeddedStorage): EmbeddedStorage => ({
    ...storage,
    log: {
      ...storage.log,
      cut: (topic, ...where) => (topic === SHARDS ? Promise.reject(new Error('killed')) : storage.log.cut(topic, ...where)),
    },
  });

  test('has lost nothing, and the next one goes on from its export', async () => {
    const [dataDir, exportDir] = [lived(3), scratch()];
    const [state, audit] = [await readState(dataDir), await audited(dataDir)];
    await expect(trimmed(dataDir, exportDir, killed)).rejects.toThrow('killed');
    expect((await starts(dataDir))[1]).toBe(0);
    const files = exportsOf(exportDir, SHARDS);
    expect(files).toHaveLength(1);
    expect(await readState(dataDir)).toBe(state);
    expect(await audited(dataDir, exportDir)).toEqual(audit);

    // What an interrupted write leaves behind says nothing.
    writeFileSync(join(exportDir, `${files[0]}.0badcafe.tmp`), 'half a rec');
    await live(dataDir, 'd');
    const [laterState, laterAudit] = [await readState(dataDir), await audited(dataDir, exportDir)];
    const report = await trimmed(dataDir, exportDir);
    expect(report.partitions[1]).toMatchObject({ begins: { before: 0 }, exported: expect.stringContaining(SHARDS) });
    expect((await starts(dataDir))[1]).toBeGreaterThan(0);
    expect(await readState(dataDir)).toBe(laterState);
    expect(await audited(dataDir, exportDir)).toEqual(laterAudit);
  });

  test('is refused by the next one when its export was damaged since', async () => {
    const [dataDir, exportDir] = [lived(3), scratch()];
    await expect(trimmed(dataDir, exportDir, killed)).rejects.toThrow('killed');
    const [file = ''] = exportsOf(exportDir, SHARDS);
    flipByte(join(exportDir, file), (size) => size >> 1);
    await expect(trimmed(dataDir, exportDir)).rejects.toMatchObject({
      code: 'SEQ_DATA_CORRUPT',
      message: `the export ${file} is damaged: its checksum does not fit its content`,
    });
    expect((await starts(dataDir))[1]).toBe(0);
  });

  test('is refused by the next one when its export holds other records than the log', async () => {
    const [dataDir, exportDir] = [lived(3), scratch()];
    await expect(trimmed(dataDir, exportDir, killed)).rejects.toThrow('killed');
    const place = { dir: exportDir, logId: (await stored(dataDir, async ({ log }) => log.logId)) as string, topic: SHARDS, partition: 0 };
    const [file] = await listExports(place);
    if (file === undefined) throw new Error('nothing was exported');
    const entries: LogEntry[] = [];
    for await (const entry of readExports(place, file.from, file.to)) entries.push(entry);
    const [first, ...rest] = entries as [LogEntry, ...LogEntry[]];
    await writeExport(place, file.from, file.to, each([{ ...first, bytes: rest[0]?.bytes ?? first.bytes }, ...rest]));
    await expect(trimmed(dataDir, exportDir)).rejects.toMatchObject({
      code: 'SEQ_DATA_CORRUPT',
      message: 'record 0 of seqcast.shards/0 is not in the exports as it is in the log',
    });
    expect((await starts(dataDir))[1]).toBe(0);
  });
});

describe('an export', () => {
  const place = (dir: string) => ({ dir, logId: 'log', topic: 'seqcast.shards', partition: 3 });

  async function read(dir: string, from: number, to: number): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    for await (const entry of readExports(place(dir), from, to)) entries.push(entry);
    return entries;
  }

  test('gives back the records it was given, also those larger than what is read at a time', async () => {
    const dir = scratch();
    const entries = records(10, 2_510, (offset) => (offset % 500 === 0 ? 1_500_000 : offset % 97));
    await writeExport(place(dir), 0, 10, each(records(0, 10, () => 0)));
    await writeExport(place(dir), 10, 2_510, each(entries));
    expect(readdirSync(dir).sort()).toEqual(['seqcast.shards-3-0-10.ledger', 'seqcast.shards-3-10-2510.ledger']);
    expect(same(await read(dir, 10, 2_510), entries)).toBe(true);
    expect((await read(dir, 7, 12)).map(({ offset }) => offset)).toEqual([7, 8, 9, 10, 11]);
  });

  test.each([
    ['first', () => 0],
    ['middle', (size: number) => size >> 1],
    ['last', (size: number) => size - 1],
  ])('is refused when its %s byte is flipped, by name', async (_, at) => {
    const dir = scratch();
    const { file } = await writeExport(place(dir), 0, 50, each(records(0, 50, () => 40)));
    flipByte(file, at);
    await expect(read(dir, 0, 50)).rejects.toMatchObject({ code: 'SEQ_DATA_CORRUPT', details: { file } });
  });

  test('is refused when its end is missing', async () => {
    const dir = scratch();
    const { file } = await writeExport(place(dir), 0, 50, each(records(0, 50, () => 40)));
    writeFileSync(file, readFileSync(file).subarray(0, -60));
    await expect(read(dir, 0, 50)).rejects.toMatchObject({ code: 'SEQ_DATA_CORRUPT', details: { file } });
  });

  test('is refused under another name, and from another log', async () => {
    const dir = scratch();
    const { file } = await writeExport(place(dir), 0, 50, each(records(0, 50, () => 40)));
    await expect(listExports({ ...place(dir), logId: 'another' })).rejects.toMatchObject({ code: 'SEQ_DATA_CORRUPT', details: { file } });
    const renamed = join(dir, 'seqcast.shards-3-0-60.ledger');
    writeFileSync(renamed, readFileSync(file));
    await expect(read(dir, 0, 60)).rejects.toMatchObject({ code: 'SEQ_DATA_CORRUPT', details: { file: renamed } });
  });

  test('is not written when a record is missing, and leaves nothing behind', async () => {
    const dir = scratch();
    const gap = records(0, 50, () => 40).filter(({ offset }) => offset !== 20);
    await expect(writeExport(place(dir), 0, 50, each(gap))).rejects.toMatchObject({ code: 'SEQ_DATA_CORRUPT' });
    await expect(writeExport(place(dir), 0, 50, each(records(0, 49, () => 1)))).rejects.toMatchObject({ code: 'SEQ_DATA_CORRUPT' });
    expect(readdirSync(dir)).toEqual([]);
  });

  test('that does not follow on the one before it is refused by name; overlapping ones are read once', async () => {
    const dir = scratch();
    await writeExport(place(dir), 0, 20, each(records(0, 20, () => 5)));
    await writeExport(place(dir), 10, 30, each(records(10, 30, () => 5)));
    expect((await read(dir, 0, 30)).map(({ offset }) => offset)).toEqual(Array.from({ length: 30 }, (_, offset) => offset));
    const { file } = await writeExport(place(dir), 31, 40, each(records(31, 40, () => 5)));
    await expect(listExports(place(dir))).rejects.toMatchObject({
      code: 'SEQ_DATA_CORRUPT',
      message: 'the export seqcast.shards-3-31-40.ledger is damaged: records 30 to 30 of seqcast.shards/3 are in no file before it',
      details: { file },
    });
  });

  test('that ends before the log begins is not enough', async () => {
    const dir = scratch();
    await writeExport(place(dir), 0, 20, each(records(0, 20, () => 5)));
    await expect(read(dir, 0, 25)).rejects.toMatchObject({ code: 'SEQ_LEDGER_CUT' });
  });
});

describe('seqcast ledger trim', () => {
  test('trims a stopped directory, and seqcast audit accounts for it with the exports', async () => {
    const [dataDir, exportDir] = [lived(3), scratch()];
    const before = await run(['audit', '--data-dir', dataDir, '--json']);
    const { code, out } = await run(['ledger', 'trim', '--data-dir', dataDir, '--export-dir', exportDir, '--json']);
    expect(code).toBe(0);
    expect((JSON.parse(out) as TrimReport).partitions.map(({ begins }) => begins.after > begins.before)).toEqual([true, true]);
    expect(await run(['audit', '--data-dir', dataDir, '--json'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('SEQ_LEDGER_CUT'),
    });
    expect(await run(['audit', '--data-dir', dataDir, '--export-dir', exportDir, '--json'])).toEqual(before);
    const text = await run(['ledger', 'trim', '--data-dir', dataDir, '--export-dir', exportDir]);
    expect(text.out).toMatch(/^seqcast\.shards\/0 +\d+ +\d+ /m);
  });

  test('says how far it is', async () => {
    const [dataDir, exportDir] = [lived(3), scratch()];
    const heard: TrimProgress[] = [];
    await stored(dataDir, async ({ log, snapshots, partitionCount }) => {
      await trimLedger({ log, snapshots, partitionCount, exportDir, onProgress: (progress) => heard.push(progress) });
    });
    expect(new Set(heard.map(({ step }) => step))).toEqual(new Set(['proven', 'exported', 'compared', 'cut']));
  });

  test('creates no data directory, and wants one place to work on', async () => {
    const [nowhere, exportDir] = [join(scratch(), 'nowhere'), scratch()];
    expect(await run(['ledger', 'trim', '--data-dir', nowhere, '--export-dir', exportDir])).toMatchObject({
      code: 1,
      err: expect.stringContaining('SEQ_DATA_DIR_UNUSABLE'),
    });
    expect(existsSync(nowhere)).toBe(false);
    expect((await run(['ledger', 'trim', '--export-dir', exportDir])).code).toBe(2);
    expect((await run(['ledger', 'trim', '--data-dir', nowhere, '--kafka', 'localhost:1', '--export-dir', exportDir])).code).toBe(2);
    expect((await run(['ledger', 'trim', '--data-dir', nowhere])).code).toBe(2);
  });
});

async function* each(entries: readonly LogEntry[]): AsyncGenerator<LogEntry> {
  for (const entry of entries) yield await Promise.resolve(entry);
}

function records(from: number, to: number, sizeOf: (offset: number) => number): LogEntry[] {
  return Array.from({ length: to - from }, (_, index) => {
    const offset = from + index;
    return { offset, atMs: 1_700_000_000_000 + offset, bytes: new Uint8Array(sizeOf(offset)).fill(offset) };
  });
}

/** Compared by hand: a matcher takes seconds for megabytes. */
function same(found: readonly LogEntry[], expected: readonly LogEntry[]): boolean {
  return (
    found.length === expected.length &&
    found.every(({ offset, atMs, bytes }, index) => {
      const other = expected[index];
      return other !== undefined && offset === other.offset && atMs === other.atMs && Buffer.compare(bytes, other.bytes) === 0;
    })
  );
}
