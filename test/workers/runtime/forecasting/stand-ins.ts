/** Stand-ins for what the refresher speaks to: streams with a past, models that say what they are told to, a log that keeps records. */
import type { Answer, SeriesHistory } from '../../../../models/contract.ts';
import { BIN_MS } from '../../../../models/forecaster.ts';
import type { ExpertFamily } from '../../../../models/mixture/expert-voices.ts';
import { StreamForecast } from '../../../../models/stream-forecast.ts';
import type { Append, EventLog } from '../../../../pipelines/ports.ts';
import { decode } from '../../../../schemas/codec.ts';
import type { ExpertForecast } from '../../../../schemas/messages.ts';
import type { Answers, Experts, Question } from '../../../../workers/runtime/forecasting/experts.ts';
import type { ModelledStream } from '../../../../workers/runtime/forecasting/forecasts.ts';
import type { ModelSource, ServedModel } from '../../../../workers/runtime/forecasting/model-source.ts';
import { Refresher, type RefresherOptions } from '../../../../workers/runtime/forecasting/refresher.ts';

const START_MS = 1_700_000_040_000 - (1_700_000_040_000 % 86_400_000);
const DAY_BINS = 8_640;

/** Pasts that were lived through before: two days of them take a second. */
const PASTS = new Map<string, Uint8Array>();

/** A stream of so many values a bin, with a past of two days unless said otherwise. */
export function streamWith(stream: string, perBin: number, bins = 2 * DAY_BINS, partition = 0): ModelledStream {
  const past = PASTS.get(`${perBin} ${bins}`);
  if (past !== undefined) return { partition, stream, model: StreamForecast.restored(past), bursts: [] };
  const model = new StreamForecast();
  model.watch([500, 300_000]);
  advance(model, perBin, bins);
  PASTS.set(`${perBin} ${bins}`, model.save());
  return { partition, stream, model, bursts: [] };
}

function advance(model: StreamForecast, perBin: number, bins: number): void {
  for (let bin = 0; bin < bins; bin++) {
    const startMs = model.cutoffMs === 0 ? START_MS : model.cutoffMs;
    model.observe(startMs, perBin + (bin % 3), perBin);
  }
}

/** Says a constant rate of each history that it is asked about. */
export class StandInExperts implements Experts {
  readonly asked: Question[] = [];
  readonly served: (ServedModel | undefined)[] = [];
  answerOf: (history: SeriesHistory, question: Question) => Answer = steady;
  onAsk: () => void = () => undefined;
  #version: string | undefined;

  serve(_: ExpertFamily, model: ServedModel | undefined): void {
    this.served.push(model);
    this.#version = model?.version;
  }

  serving(): string | undefined {
    return this.#version;
  }

  async ask(question: Question): Promise<Answers> {
    this.asked.push(question);
    this.onAsk();
    const answers = question.histories.map((history) => this.answerOf(history, question));
    return { answers, tookMs: 50 };
  }

  problems(): readonly string[] {
    return [];
  }

  async close(): Promise<void> {}

  keysAsked(family: ExpertFamily): string[] {
    return this.asked.filter((each) => each.family === family).flatMap(({ histories }) => histories.map(({ key }) => key));
  }
}

export function steady(history: SeriesHistory, { grid, family }: Question): Answer {
  const { demand, binMs, startMs } = history;
  const rate = (demand.at(-1) ?? 0) / binMs;
  const quantiles = Float64Array.from(grid.leadsMs.flatMap((leadMs) => grid.levels.map((level) => leadMs * rate * (0.5 + level))));
  return { model: `${family}@stand-in`, originMs: startMs + demand.length * binMs, ratePerSecond: 1_000 * rate, quantiles };
}

export class StandInModels implements ModelSource {
  readonly #listeners: ((family: string) => void)[] = [];
  #model: ServedModel | undefined = { version: '3f2a90c1', bytes: new Uint8Array(1) };

  current(family: string): ServedModel | undefined {
    return family === 'lstm' ? this.#model : undefined;
  }

  onChange(listener: (family: string) => void): void {
    this.#listeners.push(listener);
  }

  change(model: ServedModel | undefined): void {
    this.#model = model;
    for (const listener of this.#listeners) listener('lstm');
  }
}

export interface RefresherParts {
  readonly refresher: Refresher;
  readonly experts: StandInExperts;
  readonly models: StandInModels;
  readonly appended: { readonly partition: number; readonly forecast: ExpertForecast }[];
  readonly followed: Set<number>;
  readonly pauses: { count: number };
}

/** A refresher of these streams; `refresh()` is called by the test, and time passes with the streams. */
export function refresherOf(streams: readonly ModelledStream[], more: Partial<RefresherOptions> = {}): RefresherParts {
  const experts = new StandInExperts();
  const models = new StandInModels();
  const appended: RefresherParts['appended'] = [];
  const followed = new Set(streams.map(({ partition }) => partition));
  const pauses = { count: 0 };
  const append = async ({ partition, records }: Append): Promise<number> => {
    for (const record of records) appended.push({ partition, forecast: decode(record) as ExpertForecast });
    return 0;
  };
  const refresher = new Refresher({
    log: { append } as unknown as EventLog,
    clock: { nowMs: () => Math.max(...streams.map(({ model }) => model.cutoffMs)) },
    forecasts: {
      *models() {
        for (const each of streams) if (followed.has(each.partition)) yield each;
      },
      isFollowed: (partition) => followed.has(partition),
    },
    experts,
    models,
    refreshMs: 60_000,
    speedUp: 1,
    fitMsPerHour: 0,
    monotonicMs: () => 0,
    pause: async () => {
      pauses.count++;
    },
    logger: { error: () => undefined, warn: () => undefined },
    onFailure: (error) => {
      throw error;
    },
    ...more,
  });
  refresher.start();
  return { refresher, experts, models, appended, followed, pauses };
}

export function minuteLater(streams: readonly ModelledStream[], perBin: number): void {
  for (const { model } of streams) advance(model, perBin, 60_000 / BIN_MS);
}
