/** The job that cares for the archive, and how long tables are kept. */
import { describe, expect, test } from 'vitest';
import type { Archive } from '../../../../pipelines/ports.ts';
import { ARCHIVE_DAYS, archiveCare, archiveDaysOf } from '../../../../workers/runtime/analytics/archive-care.ts';

const NOW_MS = Date.parse('2026-11-29T22:00:00Z');

describe('the care for the archive', () => {
  test('drops each table at its own age, then puts together what is older than two days', async () => {
    const asked: unknown[] = [];
    const archive = {
      drop: async (table: string, before: string) => asked.push([table, before]) && 1,
      compact: async (before: string) => asked.push(before) && { days: 3, files: 72 },
    } as unknown as Archive;
    const days = archiveDaysOf('consumption=10,issues=365');
    const care = archiveCare({ archive, days, nowMs: () => NOW_MS, isStopping: () => false });
    const result = await care({ id: 'a', name: 'archive-care', attempt: 1, data: {} }, () => undefined);
    expect(result).toEqual({ dropped: { consumption: 1, shards: 1, forecasts: 1, issues: 1 }, compacted: { days: 3, files: 72 } });
    expect(asked).toEqual([
      ['consumption', '2026-11-19'],
      ['shards', '2025-10-25'],
      ['forecasts', '2026-08-31'],
      ['issues', '2025-11-29'],
      '2026-11-27',
    ]);
  });

  test('keeps what nobody set as long as always', () => {
    expect(archiveDaysOf(undefined)).toEqual(ARCHIVE_DAYS);
    expect(archiveDaysOf('forecasts=7')).toEqual({ ...ARCHIVE_DAYS, forecasts: 7 });
  });
});
