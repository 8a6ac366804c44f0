/**
 * One round of asking an LSTM about 10,000 streams and folding what it says: processor time of the whole process, threads and all, which
 * is what it takes one core; and the memory that streams, models and TensorFlow take together. Fits of the statistical models are timed
 * apart.
 *
 * The streams: the rate of the k-th is 40/k values a second (Zipf), up and down by half over the day, Poisson, for two weeks, each with
 * horizons of a second and of five minutes. Twenty of them live through that, forecast for the last day, after which a model is as large as
 * it gets; the others are copies of the one next to them in rank, each with memory of its own.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { seededRng } from '../core/rng.ts';
import { StreamForecast } from '../models/stream-forecast.ts';
import type { Append, EventLog } from '../pipelines/ports.ts';
import { decode } from '../schemas/codec.ts';
import type { ExpertForecast } from '../schemas/messages.ts';
import { EXPERT_PLANS } from '../workers/runtime/forecasting/expert-plans.ts';
import type { ModelledStream } from '../workers/runtime/forecasting/forecasts.ts';
import { HistoryBatches } from '../workers/runtime/forecasting/history-batch.ts';
import { Refresher } from '../workers/runtime/forecasting/refresher.ts';
import { ThreadExperts } from '../workers/runtime/forecasting/thread-experts.ts';
import type { BenchResult } from './result.ts';

const STREAMS = 10_000;
const LIVED = 20;
const DAYS = 14;
const BIN_MS = 10_000;
const DAY_BINS = 8_640;
const TOP_RATE = 40;
const START_MS = 1_700_006_400_000 - (1_700_006_400_000 % 86_400_000);
const SECONDS_MAX = 5;
const MEGABYTES_MAX = 600;
const FITS = 5;
const MEGABYTE = 2 ** 20;
/** A twentieth of a core, shared by three families, as a forecaster has it. */
const FIT_MS_PER_HOUR = 180_000;

export async function run(): Promise<BenchResult[]> {
  // The expert thread keeps no process alive, and this one has nothing else to do.
  const alive = setInterval(() => undefined, 1_000);
  try {
    return await measured();
  } finally {
    clearInterval(alive);
  }
}

async function measured(): Promise<BenchResult[]> {
  const weights = trainedWeights();
  const streams = population();
  // What making the streams has left behind is not theirs; what the refresh leaves behind counts.
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const populatedMegabytes = process.memoryUsage().rss / MEGABYTE;
  const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const unhurried = { monotonicMs: () => performance.now(), pause };
  const experts = new ThreadExperts({ onProblem: (problem) => process.stderr.write(`${problem}\n`) });
  const records: Uint8Array[] = [];
  const append = async (each: Append): Promise<number> => records.push(...each.records);
  const refresher = new Refresher({
    ...unhurried,
    log: { append } as Partial<EventLog> as EventLog,
    clock: { nowMs: () => START_MS + DAYS * 86_400_000 },
    forecasts: { models: () => streams.values() as Generator<ModelledStream>, isFollowed: () => true },
    experts,
    models: { current: (family) => (family === 'lstm' ? { version: 'bench', bytes: weights } : undefined), onChange: () => undefined },
    // Longer than the bench: the rounds are called here, and busy and quiet streams are asked about alike.
    refreshMs: 3_600_000,
    speedUp: 1,
    fitMsPerHour: 0,
    asksAll: true,
    logger: { error: () => undefined, warn: (fields: unknown) => process.stderr.write(`${JSON.stringify(fields)}\n`) },
    onFailure: (error) => {
      throw error;
    },
  });
  refresher.start();
  while (experts.serving('lstm') === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
  const lag = new LagMeter();
  const startMs = performance.now();
  const before = process.cpuUsage();
  await refresher.refresh();
  const askedSeconds = (performance.now() - startMs) / 1_000;
  const heard = fold(streams, records);
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  const wallSeconds = (performance.now() - startMs) / 1_000;
  const longestMs = lag.end();
  const { rss } = process.memoryUsage();
  const fits = [await fitTime('ets', streams, experts, unhurried), await fitTime('arima', streams, experts, unhurried)];
  await refresher.close();
  const megabytes = rss / MEGABYTE;
  const perStream = streams.reduce((sum, { model }) => sum + model.bytes, 0) / streams.length;
  return [
    {
      name: 'forecast-refresh',
      value: seconds,
      unit: `s of one core for ${STREAMS.toLocaleString('en')} streams`,
      baseline: 0,
      ratio: seconds,
      target: `<= ${SECONDS_MAX} s`,
      kept: seconds <= SECONDS_MAX && heard === STREAMS,
      note: `${heard} forecasts folded; ${wallSeconds.toFixed(1)} s by the clock, of which ${askedSeconds.toFixed(1)} s asking; reading never held the thread up longer than ${longestMs.toFixed(0)} ms`,
    },
    {
      name: 'forecast-refresh-memory',
      value: megabytes,
      unit: 'MB resident, all in all',
      baseline: 0,
      ratio: megabytes,
      target: `<= ${MEGABYTES_MAX} MB`,
      kept: megabytes <= MEGABYTES_MAX,
      note: `rates Zipf, ${TOP_RATE}/k a second, two weeks old, two horizons; ${(perStream / 1_024).toFixed(1)} KB of models and history a stream; ${populatedMegabytes.toFixed(0)} MB before TensorFlow`,
    },
    ...fits,
  ];
}

/** Weights that were trained for a moment, in a process of their own: TensorFlow should be in this one once. */
function trainedWeights(): Uint8Array {
  const dir = mkdtempSync(join(tmpdir(), 'seqcast-bench-'));
  try {
    const file = join(dir, 'weights');
    const { href } = new URL('../models/lstm/', import.meta.url);
    const code = `
      const { LstmForecaster } = await import('${href}lstm-forecaster.js');
      const { LIVE_SPEC, trainingBinsMin } = await import('${href}spec.js');
      const demand = Float64Array.from({ length: trainingBinsMin(LIVE_SPEC) + 500 }, (_, i) => 30 + 20 * Math.sin(i / 229) + (i % 7));
      const options = { seasonsBins: [1440, 10080], seed: 1, grid: { leadsMs: [60000], levels: [0.5], of: 'total' } };
      const fitted = await new LstmForecaster({ spec: LIVE_SPEC, plan: { steps: 40, windows: 32 } })
        .fit([{ key: 'a', binMs: 60000, startMs: ${START_MS}, demand }], options);
      (await import('node:fs')).writeFileSync(process.argv[1], fitted.save());`;
    execFileSync(process.execPath, ['--input-type=module', '--eval', code, file], { stdio: ['ignore', 'ignore', 'inherit'] });
    return new Uint8Array(readFileSync(file));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function population(): ModelledStream[] {
  const streams: ModelledStream[] = [];
  for (let lived = 0; lived < LIVED; lived++) {
    // Ranks in steps that double, and evenly from the thousandth on: where rates differ most, there is most to choose from.
    const [from, until] = [rankAt(lived), rankAt(lived + 1)];
    const saved = livedThrough(TOP_RATE / Math.sqrt((from + 1) * until), lived + 1).save();
    for (let rank = from; rank < until; rank++) {
      streams.push({ partition: 0, stream: `orders/web/s${rank}`, model: StreamForecast.restored(saved), bursts: [] });
    }
  }
  return streams;
}

function rankAt(step: number): number {
  if (step === 0) return 0;
  return step <= 10 ? Math.round(1_000 ** (step / 10)) : 1_000 + ((step - 10) * (STREAMS - 1_000)) / (LIVED - 10);
}

function livedThrough(rate: number, seed: number): StreamForecast {
  const rng = seededRng(seed);
  const stream = new StreamForecast();
  for (let bin = 0; bin < DAYS * DAY_BINS; bin++) {
    if (bin === (DAYS - 1) * DAY_BINS) stream.watch([500, 301_000]);
    const mean = (rate * BIN_MS * (1 + 0.5 * Math.sin((2 * Math.PI * bin) / DAY_BINS))) / 1_000;
    const demand = poisson(mean, rng.next.bind(rng));
    stream.observe(START_MS + bin * BIN_MS, demand, Math.ceil(demand / 5));
  }
  return stream;
}

function poisson(mean: number, random: () => number): number {
  if (mean > 30) {
    let normal = -6;
    for (let i = 0; i < 12; i++) normal += random();
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  let count = -1;
  for (let product = 1; product > Math.exp(-mean); product *= random()) count++;
  return count;
}

/** What the forecast stage does with the records, and the mixture of every stream after it. */
function fold(streams: readonly ModelledStream[], records: readonly Uint8Array[]): number {
  const models = new Map(streams.map(({ stream, model }) => [stream, model]));
  let heard = 0;
  for (const bytes of records) {
    const forecast = decode(bytes) as ExpertForecast;
    const model = models.get(forecast.stream);
    if (model?.hear(forecast) === undefined) heard++;
    model?.forecasts();
  }
  return heard;
}

async function fitTime(
  family: 'ets' | 'arima',
  streams: readonly ModelledStream[],
  experts: ThreadExperts,
  unhurried: ConstructorParameters<typeof HistoryBatches>[0],
): Promise<BenchResult> {
  const plan = EXPERT_PLANS[family];
  const batches = new HistoryBatches(unhurried);
  const times: number[] = [];
  for (const each of streams.slice(100, 100 + FITS)) {
    const { histories } = await batches.gather([each], plan);
    const fit = { seasonsBins: plan.seasonsBins ?? [], seed: 1 };
    const { tookMs } = await experts.ask({ family, histories, grid: plan.grid, fit });
    times.push(tookMs);
  }
  const medianMs = times.sort((a, b) => a - b)[Math.floor(FITS / 2)] ?? 0;
  const perHour = Math.floor(FIT_MS_PER_HOUR / 3 / medianMs);
  return {
    name: `fit-${family}`,
    value: medianMs,
    unit: 'ms a fit',
    baseline: 0,
    ratio: medianMs,
    note: `${perHour} streams an hour by the budget`,
  };
}

/** The longest time in which nothing else had its turn. */
class LagMeter {
  #longestMs = 0;
  #lastMs = performance.now();
  readonly #timer = setInterval(() => this.#tick(), 1);

  end(): number {
    clearInterval(this.#timer);
    return this.#longestMs;
  }

  #tick(): void {
    const nowMs = performance.now();
    this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
  }
}
