/** Reads the consumption topic of a stopped data directory in event time, and replays it; long runs say how far they are. */
import { openEmbeddedStorage } from '../adapters/embedded/storage.ts';
import { StreamForecast } from '../models/stream-forecast.ts';
import { onBurstDeclared, onProfileSet } from '../pipelines/expectations.ts';
import type { EventLog } from '../pipelines/ports.ts';
import { emptyReplay, onRecorded, onRecordedExpert, type ReplayReport, replayReports } from '../pipelines/replay.ts';
import { decode } from '../schemas/codec.ts';
import { type Message, TOPICS } from '../schemas/topics.ts';

const READ_LIMIT = 4_096;
const PROGRESS_EVERY_MS = 2_000;
/** The service level of a sequence that was created without one. */
const STALLS_PPM = 10;

export interface ReplayFlags {
  readonly leadTimeMs: number;
  readonly rideThroughMs: number;
}

export async function replayDirectory(dataDir: string, flags: ReplayFlags, progress: (line: string) => void): Promise<ReplayReport[]> {
  const storage = await openEmbeddedStorage({ dataDir, readOnly: true, onFailure: () => undefined });
  try {
    const definition = { targetStallsPpm: STALLS_PPM, rideThroughMs: flags.rideThroughMs, rideThroughClass: 'expected' as const };
    const newModel = (): StreamForecast => new StreamForecast();
    const reports: ReplayReport[] = [];
    const ends = await Promise.all(partitions(storage.partitionCount).map((each) => storage.log.endOffset(TOPICS.consumption.name, each)));
    const total = ends.reduce((sum, end) => sum + end, 0);
    const startMs = performance.now();
    let done = 0;
    let saidMs = startMs;
    // A stream's events lie in one partition in their order, and streams of two partitions never meet: so partitions follow each other.
    for (const partition of partitions(storage.partitionCount)) {
      const state = emptyReplay({ newModel, definition, leadTimeMs: flags.leadTimeMs, countFromMs: 0 });
      for await (const event of recorded(storage.log, partition)) {
        if (event.kind === 'ConsumptionEvent') onRecorded(state, event);
        else if (event.kind === 'ExpertForecast') onRecordedExpert(state, event);
        else if (event.kind === 'ProfileSet') onProfileSet(state.forecasts.expectations, event);
        else if (event.kind === 'BurstDeclared') onBurstDeclared(state.forecasts.expectations, event);
        done++;
        if (performance.now() - saidMs < PROGRESS_EVERY_MS) continue;
        saidMs = performance.now();
        const etaS = Math.ceil((((saidMs - startMs) / done) * (total - done)) / 1_000);
        progress(`${done} of ${total} events, ${etaS} s to go\n`);
      }
      reports.push(...replayReports(state));
    }
    return reports;
  } finally {
    await storage.close();
  }
}

async function* recorded(log: EventLog, partition: number): AsyncGenerator<Message> {
  const topic = TOPICS.consumption.name;
  for (let next = await log.startOffset(topic, partition); ; ) {
    const entries = await log.read(topic, partition, next, READ_LIMIT);
    if (entries.length === 0) return;
    for (const entry of entries) yield decode(entry.bytes);
    next = (entries.at(-1)?.offset ?? next) + 1;
  }
}

function partitions(count: number): number[] {
  return Array.from({ length: count }, (_, partition) => partition);
}
