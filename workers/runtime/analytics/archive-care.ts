/**
 * The job that cares for the archive, once a day: days that are kept no longer go, and what a day was written in becomes one file. Either
 * may run again at any time, and stop anywhere.
 */
import type { Archive, ArchiveTable, JobHandler } from '../../../pipelines/ports.ts';

const DAY_MS = 86_400_000;
/** The last days are still written to: hours are rolled up late after an outage. */
const DAYS_LOOSE = 2;

/** How many days each table is kept. */
export type ArchiveDays = Readonly<Record<ArchiveTable, number>>;

/** A year and a month, so that one may be held against the last; forecasts are for looking at; issues prove who got what. */
export const ARCHIVE_DAYS: ArchiveDays = { consumption: 400, shards: 400, forecasts: 90, issues: 3_650 };

export interface ArchiveCareOptions {
  readonly archive: Archive;
  readonly days: ArchiveDays;
  readonly nowMs: () => number;
  readonly isStopping: () => boolean;
}

/** Its result: days that went, by table; days and files that were put together. */
export function archiveCare({ archive, days, nowMs, isStopping }: ArchiveCareOptions): JobHandler {
  return async (_, onProgress) => {
    const dropped: Partial<Record<ArchiveTable, number>> = {};
    for (const [table, kept] of Object.entries(days) as [ArchiveTable, number][]) {
      if (isStopping()) break;
      dropped[table] = await archive.drop(table, dayOf(nowMs() - kept * DAY_MS));
    }
    onProgress(0.5);
    const compacted = await archive.compact(dayOf(nowMs() - DAYS_LOOSE * DAY_MS), isStopping);
    return { dropped, compacted };
  };
}

/** `consumption=400,forecasts=30`: what is not named is kept as long as always. */
export function archiveDaysOf(text: string | undefined): ArchiveDays {
  const given = (text ?? '').split(',').flatMap((each) => {
    const [table, days] = each.split('=');
    return days === undefined ? [] : [[table, Number(days)] as const];
  });
  return { ...ARCHIVE_DAYS, ...(Object.fromEntries(given) as Partial<ArchiveDays>) };
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, '2026-11-25'.length);
}
