/** The file of an observation survives whoever writes it, and takes no rows that do not belong to it. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDemandFile } from '../../../cli/observe/demand-file.ts';

const START_MS = Date.UTC(2026, 0, 1, 12);

function scratchFile(text?: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-observe-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'demand.csv');
  if (text !== undefined) writeFileSync(path, text);
  return path;
}

function rows(from: number, ...counts: readonly number[]) {
  return counts.map((count, span) => ({ startMs: START_MS + (from + span) * 1_000, count }));
}

describe('a file of demand', () => {
  test('has a header, and a line a span with the time at which it starts', async () => {
    const path = scratchFile();
    const file = await openDemandFile(path, 1_000);
    await file.append(rows(0, 3, 0));
    await file.append(rows(2, 5));
    await file.close();
    expect(readFileSync(path, 'utf8')).toBe('time,count\n2026-01-01T12:00:00Z,3\n2026-01-01T12:00:01Z,0\n2026-01-01T12:00:02Z,5\n');
  });

  test.each([
    ['a row', '2026-01-01T12:00:02Z', 'time,count\n2026-01-01T12:00:00Z,3\n2026-01-01T12:00:01Z,0\n'],
    ['the header', 'time,c', ''],
  ])('that ends within %s is mended and continued', async (_, torn, whole) => {
    const path = scratchFile(whole + torn);
    const file = await openDemandFile(path, 1_000);
    expect(file.mended).toContain(`${torn.length} bytes`);
    await file.append(rows(0, 9, 9, 5));
    await file.close();
    const text = readFileSync(path, 'utf8');
    // Rows that are there already are not written a second time.
    expect(text.endsWith('2026-01-01T12:00:02Z,5\n')).toBe(true);
    expect(text.match(/12:00:01Z/g)).toHaveLength(1);
    const again = await openDemandFile(path, 1_000);
    expect(again.mended).toBeUndefined();
    await again.close();
  });

  test('is continued when it is longer than what is looked at', async () => {
    const path = scratchFile('time,count\n');
    const file = await openDemandFile(path, 1_000);
    await file.append(rows(0, ...Array.from({ length: 5_000 }, (_, second) => second)));
    await file.close();
    appendFileSync(path, '2026-');
    const again = await openDemandFile(path, 1_000);
    expect(again.resumedMs).toBe(START_MS + 4_999_000);
    await again.close();
  });

  test.each([
    ['a file of another kind', 'id,name\n1,a\n', 'no demand file'],
    ['rows of another span', 'time,count\n2026-01-01T12:00:00Z,3\n2026-01-01T12:01:00Z,0\n', 'rows 60 s apart: give --every 60s'],
    ['a line that is no row', 'time,count\n2026-01-01T12:00:00Z,-3\n', 'a line that is no row'],
  ])('is never %s', async (_, text, message) => {
    const path = scratchFile(text);
    await expect(openDemandFile(path, 1_000)).rejects.toMatchObject({
      code: 'SEQ_CONFIG_INVALID',
      message: expect.stringContaining(message),
    });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('says why it cannot be written', async () => {
    await expect(openDemandFile(join(scratchFile(), 'nowhere', 'demand.csv'), 1_000)).rejects.toMatchObject({
      code: 'SEQ_DATA_DIR_UNUSABLE',
      message: expect.stringContaining('ENOENT'),
    });
  });
});
