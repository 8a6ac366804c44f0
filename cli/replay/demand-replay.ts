/** Replays demand that was read from a file or generated: as the pool of each stream would have reported it, bin by bin. */
import type { DemandSet, DemandSource } from '../../backtest/sources/demand-source.ts';
import { VERSION } from '../../core/version.ts';
import { StreamForecast } from '../../models/stream-forecast.ts';
import { emptyReplay, onRecorded, type ReplayReport, replayReports } from '../../pipelines/replay.ts';
import type { ConsumptionEvent } from '../../schemas/messages.ts';
import type { DemandReplay } from './manifest.ts';
import { leadTimesOf, type ReplaySettings } from './replay-options.ts';

export interface DemandReplayOptions {
  readonly demand: DemandSet;
  readonly settings: ReplaySettings;
  /** Seconds that one event spans. */
  readonly eventS: number;
  readonly progress: (done: number, total: number) => void;
}

const SECOND_MS = 1_000;
/** A stream without demand is heard of so often, so that its stock is reviewed, as live. */
const SILENCE_MS_MAX = 300_000;

/** Streams follow each other: a file names no kinds that they could learn from. */
export async function replayDemand({ demand, settings, eventS, progress }: DemandReplayOptions): Promise<DemandReplay> {
  const streams: ReplayReport[] = [];
  let events = 0;
  for (const [index, source] of demand.streams.entries()) {
    const state = emptyReplay({
      newModel: () => new StreamForecast(),
      definition: settings,
      countFromMs: settings.countFromMs,
      ...leadTimesOf(settings, source.startMs, []),
    });
    for await (const event of eventsOf(source, eventS)) {
      onRecorded(state, event);
      events++;
    }
    streams.push(...replayReports(state));
    progress(index + 1, demand.streams.length);
  }
  const { from, sha256, repairs } = demand;
  const manifest = { version: VERSION, from, sha256, events, offsets: {}, models: [new StreamForecast().id], settings };
  return { manifest: { ...manifest, settings: { ...settings, eventS } }, streams, refused: {}, repairs };
}

async function* eventsOf(source: DemandSource, eventS: number): AsyncGenerator<ConsumptionEvent> {
  const bin = { fromMs: source.startMs, toMs: source.startMs, demanded: 0, peakPerSecond: 0 };
  let saidMs = source.startMs;
  let sequenceNumber = 0;
  let second = 0;
  for await (const piece of source.pieces()) {
    for (const count of piece) {
      second++;
      bin.toMs += SECOND_MS;
      bin.demanded += count;
      bin.peakPerSecond = Math.max(bin.peakPerSecond, count);
      if (second % eventS !== 0 && second < source.seconds) continue;
      const isSilent = bin.demanded === 0;
      // Else what was asked for at its end would be spread over the silence before it.
      if (!isSilent && saidMs < bin.fromMs) {
        yield eventOf(source.name, { fromMs: saidMs, toMs: bin.fromMs, demanded: 0, peakPerSecond: 0, sequenceNumber: ++sequenceNumber });
        saidMs = bin.fromMs;
      }
      if (!isSilent || bin.toMs - saidMs >= SILENCE_MS_MAX || second === source.seconds) {
        yield eventOf(source.name, { ...bin, fromMs: saidMs, sequenceNumber: ++sequenceNumber });
        saidMs = bin.toMs;
      }
      Object.assign(bin, { fromMs: bin.toMs, demanded: 0, peakPerSecond: 0 });
    }
  }
}

type Spanned = Pick<ConsumptionEvent, 'fromMs' | 'toMs' | 'demanded' | 'peakPerSecond' | 'sequenceNumber'>;

/** Of values asked for one by one: a file says no more. */
function eventOf(stream: string, span: Spanned): ConsumptionEvent {
  return {
    kind: 'ConsumptionEvent',
    stream,
    pool: 'replayed',
    incarnation: 'replayed',
    ...span,
    issued: span.demanded,
    requests: span.demanded,
    largestRequest: span.demanded > 0 ? 1 : 0,
    returned: 0,
    stalls: 0,
    stock: 0,
    waiting: 0,
    seenOffset: -1,
    leadTimeMs: 0,
    cursors: [],
  };
}
