/** Replays a recorded consumption topic in event time: its demand, and the profiles, bursts and fitted models that stand in it. */
import { createHash, type Hash } from 'node:crypto';
import { VERSION } from '../../core/version.ts';
import { StreamForecast } from '../../models/stream-forecast.ts';
import { onBurstDeclared, onProfileSet } from '../../pipelines/expectations.ts';
import type { EventLog, LogEntry } from '../../pipelines/ports.ts';
import { emptyReplay, onRecorded, onRecordedExpert, type ReplayReport, type ReplayState, replayReports } from '../../pipelines/replay.ts';
import { decode } from '../../schemas/codec.ts';
import { type Message, TOPICS } from '../../schemas/topics.ts';
import type { DemandReplay } from './manifest.ts';
import { RecordedTopic } from './recorded-topic.ts';
import { leadTimesOf, type ReplaySettings } from './replay-options.ts';

export interface RecordedOptions {
  readonly log: EventLog;
  readonly partitionCount: number;
  readonly from: string;
  readonly settings: ReplaySettings;
  /** Where each partition begins; the oldest record kept where it is left out. */
  readonly offset?: number | undefined;
  readonly sinceMs?: number | undefined;
  /** Hears how many of how many records were folded. */
  readonly progress: (done: number, total: number) => void;
}

interface Span {
  readonly partition: number;
  readonly from: number;
  readonly end: number;
}

const READ_LIMIT = 4_096;

export async function replayRecorded(options: RecordedOptions): Promise<DemandReplay> {
  const { log, settings, from } = options;
  const spans = await spansOf(options);
  const total = spans.reduce((sum, { from, end }) => sum + end - from, 0);
  const { startMs, measuredMs } = await measured(log, spans);
  const trainings = await trainingsOf(log, options.partitionCount);
  const hash = createHash('sha256');
  const streams: ReplayReport[] = [];
  const models = new Set<string>();
  const refused = new Map<string, number>();
  let events = 0;
  // A stream's events lie in one partition in their order, and streams of two partitions never meet: so partitions follow each other.
  for (const span of spans) {
    const state = emptyReplay({
      newModel: () => new StreamForecast(),
      definition: settings,
      countFromMs: settings.countFromMs,
      trainedUntilMs: (model) => trainings.get(model),
      ...leadTimesOf(settings, startMs, measuredMs),
    });
    for await (const entry of entriesOf(log, span, hash)) {
      fold(state, decode(entry.bytes), models);
      events++;
      if (events % READ_LIMIT === 0) options.progress(events, total);
    }
    for (const [why, count] of state.refused) refused.set(why, (refused.get(why) ?? 0) + count);
    streams.push(...replayReports(state));
  }
  const offsets = Object.fromEntries(
    spans.map(({ partition, from, end }) => [`${TOPICS.consumption.name}/${partition}`, [from, end]] as const),
  );
  const heard = [new StreamForecast().id, ...[...models].sort()];
  const manifest = { version: VERSION, from, sha256: hash.digest('hex'), events, offsets, models: heard, settings };
  return { manifest, streams, refused: Object.fromEntries(refused), repairs: [] };
}

function fold(state: ReplayState, message: Message, models: Set<string>): void {
  if (message.kind === 'ConsumptionEvent') onRecorded(state, message);
  else if (message.kind === 'ProfileSet') onProfileSet(state.forecasts.expectations, message);
  else if (message.kind === 'BurstDeclared') onBurstDeclared(state.forecasts.expectations, message);
  else if (message.kind === 'ExpertForecast' && onRecordedExpert(state, message) === undefined) models.add(message.model);
}

async function spansOf({ log, partitionCount, offset, sinceMs }: RecordedOptions): Promise<Span[]> {
  const topic = TOPICS.consumption.name;
  const spans: Span[] = [];
  for (let partition = 0; partition < partitionCount; partition++) {
    const end = await log.endOffset(topic, partition);
    const start = Math.min(end, Math.max(await log.startOffset(topic, partition), offset ?? 0));
    spans.push({ partition, end, from: sinceMs === undefined ? start : await firstSince(log, { partition, from: start, end }, sinceMs) });
  }
  return spans;
}

/** The first record whose span ends at or after a time; of one stream times only grow, and those of one partition hardly differ. */
async function firstSince(log: EventLog, span: Span, sinceMs: number): Promise<number> {
  for await (const { offset, bytes } of entriesOf(log, span)) {
    const message = decode(bytes);
    if (message.kind === 'ConsumptionEvent' && message.toMs >= sinceMs) return offset;
  }
  return span.end;
}

/** Begin of the demand, and what the pools measured of their orders. */
async function measured(log: EventLog, spans: readonly Span[]): Promise<{ startMs: number; measuredMs: number[] }> {
  let startMs = Number.POSITIVE_INFINITY;
  const measuredMs: number[] = [];
  for (const span of spans) {
    for await (const { bytes } of entriesOf(log, span)) {
      const message = decode(bytes);
      if (message.kind !== 'ConsumptionEvent') continue;
      startMs = Math.min(startMs, message.fromMs);
      if (message.leadTimeMs > 0) measuredMs.push(message.leadTimeMs);
    }
  }
  return { startMs: Number.isFinite(startMs) ? startMs : 0, measuredMs };
}

/** Until when each model was trained, as it was said when it was promoted. */
async function trainingsOf(log: EventLog, partitionCount: number): Promise<Map<string, number>> {
  const trainings = new Map<string, number>();
  for (let partition = 0; partition < partitionCount; partition++) {
    const topic = await RecordedTopic.open(log, TOPICS.models, partition);
    for await (const { message } of topic.all()) {
      if (message.kind === 'ModelEvent' && message.event === 'promoted') trainings.set(message.model, message.trainedUntilMs);
    }
  }
  return trainings;
}

async function* entriesOf(log: EventLog, { partition, from, end }: Span, hash?: Hash): AsyncGenerator<LogEntry> {
  for (let next = from; next < end; ) {
    const entries = await log.read(TOPICS.consumption.name, partition, next, Math.min(READ_LIMIT, end - next));
    if (entries.length === 0) return;
    for (const entry of entries) {
      hash?.update(entry.bytes);
      yield entry;
    }
    next = (entries.at(-1)?.offset ?? next) + 1;
  }
}
