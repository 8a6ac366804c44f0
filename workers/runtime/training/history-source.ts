/**
 * Where trainings read what streams asked for, and which bursts were announced: the consumption topic, and before what is left of it the
 * archive's minutes. What was archived is not read from the topic again, so that weeks of a busy installation cost minutes of reading
 * and not hours.
 */
import type { SeriesHistory } from '../../../models/contract.ts';
import { type AnnouncedBursts, NO_BURSTS, withBurst } from '../../../pipelines/announced-bursts.ts';
import { isFirstSeen, type SeenEvents } from '../../../pipelines/consumption.ts';
import type { Archive, ArchiveValue, EventLog } from '../../../pipelines/ports.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { batchesFrom } from '../analytics/log-span.ts';
import { ROLLUP_GROUP } from '../analytics/usage-rollup.ts';
import { readable } from '../ledger/dead-letters.ts';
import { DemandMinutes, MINUTE_MS } from './demand-minutes.ts';

const HOUR_MS = 3_600_000;
/** Six weeks: a weekly pattern is seen six times, and what was before them is another business. */
const HISTORY_MS_MAX = 42 * 24 * HOUR_MS;
/** Rows of one answer of the archive. */
const ROWS_MAX = 100_000;

export interface HistorySource {
  /** Up to the minute before `untilMs`; empty where nothing was ever asked for. */
  histories(untilMs: number): Promise<SeriesHistory[]>;
}

export interface HistorySourceOptions {
  readonly log: EventLog;
  readonly partitionCount: number;
  readonly archive?: Pick<Archive, 'sql'> | undefined;
  /** Hears of streams that were left out because others ask more. */
  readonly onLeftOut?: (streams: number) => void;
}

export function historySource(options: HistorySourceOptions): HistorySource {
  return {
    async histories(untilMs) {
      const until = Math.floor(untilMs / MINUTE_MS) * MINUTE_MS;
      const minutes = new DemandMinutes({ fromMs: Math.floor((until - HISTORY_MS_MAX) / HOUR_MS) * HOUR_MS, untilMs: until });
      const archived = options.archive === undefined ? 0 : await addArchived(options.archive, minutes, until);
      const bursts = new Map<string, AnnouncedBursts>();
      for (let partition = 0; partition < options.partitionCount; partition++) {
        await addLogged(options, { minutes, bursts }, partition, archived > 0);
      }
      const histories = minutes.histories().map((history) => withAnnounced(history, bursts.get(history.key) ?? NO_BURSTS));
      if (minutes.leftOut > 0) options.onLeftOut?.(minutes.leftOut);
      return histories;
    },
  };
}

interface Collected {
  readonly minutes: DemandMinutes;
  readonly bursts: Map<string, AnnouncedBursts>;
}

async function addLogged(
  { log }: HistorySourceOptions,
  { minutes, bursts }: Collected,
  partition: number,
  isArchived: boolean,
): Promise<void> {
  const topic = TOPICS.consumption;
  const place = { log, topic: topic.name, partition };
  const kept = await log.startOffset(topic.name, partition);
  const done = isArchived ? ((await log.committed(ROLLUP_GROUP, topic.name, partition)) ?? 0) : 0;
  // By incarnation: a stream that moves between two pools is reported by both for a while.
  const seen = new Map<string, SeenEvents>();
  for await (const entries of batchesFrom(place, Math.max(kept, done))) {
    for (const message of readable(topic, entries, passOver)) {
      // Those that are over as well: what was announced explains what came.
      if (message.kind === 'BurstDeclared') {
        bursts.set(message.stream, withBurst(bursts.get(message.stream) ?? NO_BURSTS, message, Number.NEGATIVE_INFINITY));
      }
      if (message.kind !== 'ConsumptionEvent') continue;
      const ofIncarnation = seen.get(message.incarnation) ?? new Map();
      seen.set(message.incarnation, ofIncarnation);
      if (isFirstSeen(ofIncarnation, message)) minutes.add(message);
    }
  }
}

/** How many rows there were. Read a stretch of time after the other, each small enough for one answer. */
async function addArchived(archive: Pick<Archive, 'sql'>, minutes: DemandMinutes, untilMs: number): Promise<number> {
  const [span] = await archive.sql('SELECT min(minute_ms) AS first, count(*) AS n FROM consumption WHERE minute_ms < ?', [untilMs]);
  const total = Number(span?.n ?? 0);
  if (total === 0) return 0;
  let fromMs = Math.max(Number(span?.first ?? 0), untilMs - HISTORY_MS_MAX);
  let stretchMs = HOUR_MS;
  let added = 0;
  while (fromMs < untilMs) {
    const toMs = Math.min(untilMs, fromMs + stretchMs);
    const rows = await rowsBetween(archive, fromMs, toMs);
    if (rows === undefined) {
      stretchMs = Math.max(MINUTE_MS, Math.floor(stretchMs / 2));
      if (toMs - fromMs <= MINUTE_MS) fromMs = toMs;
      continue;
    }
    for (const { stream, from_ms, to_ms, demanded } of rows) {
      minutes.add({ stream: String(stream), fromMs: Number(from_ms), toMs: Number(to_ms), demanded: Number(demanded) });
    }
    added += rows.length;
    fromMs = toMs;
    if (rows.length < ROWS_MAX / 4) stretchMs *= 2;
  }
  return added;
}

/** Undefined where they are more than one answer holds. */
async function rowsBetween(archive: Pick<Archive, 'sql'>, fromMs: number, toMs: number) {
  const where: readonly ArchiveValue[] = [fromMs, toMs, dayOf(fromMs - 24 * HOUR_MS), dayOf(toMs + 24 * HOUR_MS)];
  const found = 'FROM consumption WHERE minute_ms >= ? AND minute_ms < ? AND day BETWEEN ? AND ?';
  const [count] = await archive.sql(`SELECT count(*) AS n ${found}`, where);
  if (Number(count?.n ?? 0) > ROWS_MAX) return undefined;
  return archive.sql(`SELECT stream, from_ms, to_ms, demanded ${found} ORDER BY minute_ms, stream`, where);
}

function withAnnounced(history: SeriesHistory, bursts: AnnouncedBursts): SeriesHistory {
  if (bursts.length === 0) return history;
  return { ...history, announced: bursts.map(({ fromMs, untilMs, rate }) => ({ fromMs, untilMs, rate })) };
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, '2026-11-25'.length);
}

/** What cannot be read says nothing; the stages have put it aside. */
function passOver(): void {}
