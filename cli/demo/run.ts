/**
 * One run of the demo: a sequence, one asker and one meter per stream, and the check that no value came twice. The loop that
 * paces it is `cli/demo.ts`.
 */
import type { Clock } from '../../core/clock.ts';
import { SequenceError } from '../../core/errors.ts';
import { streamId } from '../../core/stream.ts';
import type { SeqcastService, SequenceDescription, StreamStatus } from '../../workers/runtime/service/service.ts';
import { type Answer, Asker } from './asker.ts';
import { type HttpCaller, httpCaller } from './http-caller.ts';
import { IssuedValues } from './issued-values.ts';
import type { DemoProgress, StreamProgress } from './progress.ts';
import { StreamMeter } from './stream-meter.ts';

export interface RunOptions {
  readonly service: SeqcastService;
  readonly clock: Clock;
  readonly speedUp: number;
  readonly days: number;
  readonly factors: readonly number[];
  readonly slices: number;
  readonly sliceMs: number;
  readonly traceStartMs: number;
  readonly gatewayUrl?: string;
  readonly pause: (ms: number) => Promise<void>;
}

/** Not a word a user would choose, so that nobody's own sequence is drawn from. */
const DEMO_SEQUENCE = 'nasa-demo';
const SERVICE = 'nasa';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** One column of a sparkline: half a real second, so that at the default speed-up a screen shows a day and a half. */
const COLUMN_REAL_MS = 500;

interface Stream {
  readonly id: string;
  readonly factor: number;
  readonly asker: Asker;
  readonly meter: StreamMeter;
  readonly http: HttpCaller | undefined;
}

export class DemoRun {
  readonly #options: RunOptions;
  readonly #startMs: number;
  readonly #issued = new IssuedValues();
  readonly #streams: readonly Stream[];
  #sequence: SequenceDescription;
  #asked = 0;
  /** Demo time at which the latest slice was asked for. */
  #askedAtMs = 0;

  private constructor(options: RunOptions, sequence: SequenceDescription) {
    this.#options = options;
    this.#sequence = sequence;
    this.#streams = options.factors.map((factor) => this.#stream(factor));
    for (const { id, meter } of this.#streams) meter.begin(this.#statusOf(id));
    this.#startMs = options.clock.nowMs();
  }

  /** Creates the sequence, or goes on with the one an earlier demo left in the data directory. */
  static async begin(options: RunOptions): Promise<DemoRun> {
    return new DemoRun(options, await demoSequence(options.service));
  }

  /** Demo time since the demo began. */
  get elapsedMs(): number {
    return this.#options.clock.nowMs() - this.#startMs;
  }

  get streamIds(): readonly string[] {
    return this.#streams.map(({ id }) => id);
  }

  /** Slices whose demand was asked for. */
  get asked(): number {
    return this.#asked;
  }

  /** The next slice: its requests per stream. */
  ask(requests: readonly (readonly number[])[]): void {
    const dueAtMs = this.#startMs + this.#asked * this.#options.sliceMs;
    for (const [i, { asker, meter }] of this.#streams.entries()) {
      const counts = requests[i] ?? [];
      for (const count of counts) meter.asked(count);
      if (counts.length > 0) asker.ask(counts, dueAtMs);
    }
    this.#asked += 1;
    this.#askedAtMs = this.elapsedMs;
  }

  /** Reads the streams' status; throws what no retry can mend. */
  sample(): void {
    this.#followRestart();
    const { streams } = this.#options.service.status();
    for (const { id, meter, asker } of this.#streams) {
      meter.sample(
        this.elapsedMs,
        streams.find((each) => each.stream === id),
      );
      if (asker.fault !== undefined) throw asker.fault;
    }
  }

  /** Resolves when all demand was answered, or at once when the signal says so. */
  async settled(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const ended = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([Promise.all(this.#streams.map(({ asker }) => asker.settled())), ended]);
    if (!signal.aborted) this.sample();
  }

  end(): void {
    for (const { asker, http } of this.#streams) {
      asker.stop();
      http?.close();
    }
  }

  progress(): DemoProgress {
    const { speedUp, slices, sliceMs, days, traceStartMs } = this.#options;
    const askedMs = this.#asked * sliceMs;
    // Once all was asked for, time goes on and lateness does not.
    const elapsedMs = Math.max(1, this.#asked === slices ? this.#askedAtMs : this.elapsedMs);
    const behindMs = Math.max(0, elapsedMs - askedMs);
    const achievedSpeedUp = speedUp * Math.min(1, askedMs / elapsedMs);
    const streams = this.#streams.map((stream) => this.#streamProgress(stream, askedMs));
    return {
      kind: 'progress',
      share: this.#asked / slices,
      traceMs: traceStartMs + Math.max(0, askedMs - sliceMs),
      day: Math.floor(Math.max(0, askedMs - sliceMs) / DAY_MS) + 1,
      days: Math.ceil(days),
      etaMs: ((slices - this.#asked) * sliceMs) / Math.max(1, achievedSpeedUp),
      speedUp,
      achievedSpeedUp,
      behindMs,
      values: this.#issued.count,
      requests: streams.reduce((sum, each) => sum + each.requests, 0),
      duplicates: this.#issued.duplicates,
      intervals: this.#issued.intervalCount,
      streams,
    };
  }

  #streamProgress({ id, factor, asker, meter, http }: Stream, askedMs: number): StreamProgress {
    const { requests, stalled, retries, waitMsMean, waitMsMax } = asker.figures;
    const { meanIdle, allocations, leadTimeMs } = meter.figures;
    const latest = meter.latest;
    return {
      stream: id,
      factor,
      way: http === undefined ? 'in process' : 'HTTP',
      demandPerSecond: latest?.demandPerSecond ?? 0,
      forecastMedian: latest?.forecastMedian ?? 0,
      forecastUpper: latest?.forecastUpper ?? 0,
      stock: latest?.stock ?? 0,
      reorderPoint: latest?.reorderPoint ?? 0,
      waiting: asker.outstanding,
      requests,
      stalled,
      stalledPpm: (stalled * 1_000_000) / Math.max(1, requests),
      waitMsMean,
      waitMsMax,
      retries,
      meanIdle,
      allocations,
      allocationsPerHour: (allocations * HOUR_MS) / Math.max(1, askedMs),
      leadTimeMs,
      demandHistory: [...meter.demandHistory],
      stockHistory: [...meter.stockHistory],
    };
  }

  #stream(factor: number): Stream {
    const { service, clock, speedUp, sliceMs, gatewayUrl, pause, factors } = this.#options;
    const name = { sequence: DEMO_SEQUENCE, clientType: `x${factor}`, service: SERVICE };
    const id = streamId(name);
    // The smallest stream shows the way over HTTP; a round trip for each of the large ones would only warm the machine.
    const isOverHttp = gatewayUrl !== undefined && factor === Math.min(...factors);
    const http = isOverHttp ? httpCaller(gatewayUrl, () => this.#statusOf(id)?.stallsTotal ?? 0) : undefined;
    const asker = new Asker({ caller: http ?? service, clock, request: name, pause, onAnswer: (answer) => this.#remember(answer) });
    const bucketMs = Math.max(sliceMs, COLUMN_REAL_MS * speedUp);
    return { id, factor, asker, meter: new StreamMeter(bucketMs), http };
  }

  #statusOf(stream: string): StreamStatus | undefined {
    return this.#options.service.status().streams.find((each) => each.stream === stream);
  }

  #remember(answer: Answer): void {
    for (const block of answer.blocks) {
      const ordinal = this.#ordinalOf(block.start);
      if (this.#issued.seen(ordinal, ordinal + block.count) > 0) this.#followRestart();
      this.#issued.add(ordinal, ordinal + block.count);
    }
  }

  #ordinalOf(value: bigint): number {
    const { start, increment } = this.#sequence.definition;
    return Number((value - start) / increment);
  }

  /** Values begin again when somebody restarts or alters the sequence while the demo runs: unique is meant per generation. */
  #followRestart(): void {
    const now = this.#options.service.describe(DEMO_SEQUENCE);
    if (now.generation === this.#sequence.generation) return;
    this.#sequence = now;
    this.#issued.clear();
  }
}

async function demoSequence(service: SeqcastService): Promise<SequenceDescription> {
  const existing = service.list().find((each) => each.name === DEMO_SEQUENCE);
  if (existing === undefined) return await service.create(DEMO_SEQUENCE, {});
  // In a cycle values come again by right, and the check for duplicates would mean nothing.
  if (existing.definition.cycle)
    throw new SequenceError('SEQ_SEQUENCE_EXISTS', `sequence ${DEMO_SEQUENCE} exists and cycles: drop it, the demo makes its own`);
  return existing;
}
