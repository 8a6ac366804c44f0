/**
 * What the LSTM costs: a training step with the fast kernels against those that come with the backend, whether anything grows over
 * two thousand steps, whether a training repeats, and a forecast of ten thousand streams. Processor time, so that a busy machine does
 * not tell another story.
 */
import type { SeriesHistory } from '../models/contract.ts';
import { startBackend, tensorsHeld } from '../models/lstm/backend.ts';
import { FeatureWriter, featureBatch } from '../models/lstm/features.ts';
import { LstmForecaster } from '../models/lstm/lstm-forecaster.ts';
import { FULL_PLAN } from '../models/lstm/plan.ts';
import { LIVE_SPEC, type LstmSpec } from '../models/lstm/spec.ts';
import { startTraining, train } from '../models/lstm/training.ts';
import { restoreShippedWasm, speedUpWasm } from '../models/lstm/wasm-kernels.ts';
import { encodeWeights } from '../models/lstm/weights.ts';
import type { BenchResult } from './result.ts';

const DAY_BINS = 1_440;
const HISTORY_BINS = 9 * DAY_BINS;
const STEPS_TIMED = 12;
const SPEED_UP_MIN = 2.5;
const STEPS_LONG = 2_000;
/** Resident memory wavers with the collector; a tensor leaked in each step would be hundreds of megabytes. */
const GROWTH_MB_MAX = 50;
const STREAMS = 10_000;
const FORECAST_S_MAX = 5;
const MB = 2 ** 20;

export async function run(): Promise<readonly BenchResult[]> {
  await startBackend('wasm');
  return [await speed(), await growth(), await repeated(), await forecasts()];
}

async function speed(): Promise<BenchResult> {
  const histories = dailyStreams(50);
  restoreShippedWasm();
  const shippedMs = await stepMs(histories);
  speedUpWasm();
  const fastMs = await stepMs(histories);
  return {
    name: 'lstm-training',
    value: fastMs,
    unit: 'ms a step',
    baseline: shippedMs,
    ratio: shippedMs / fastMs,
    target: `>= ${SPEED_UP_MIN} x`,
    kept: shippedMs / fastMs >= SPEED_UP_MIN,
    note: `${FULL_PLAN.windows} windows of the live spec, processor time; baseline: kernels as shipped`,
  };
}

/** Processor time of a step, once warm. */
async function stepMs(histories: readonly SeriesHistory[]): Promise<number> {
  const watch = { nowMs: cpuMs };
  const warm = await train(LIVE_SPEC, histories, { ...FULL_PLAN, steps: 3 }, startTraining(LIVE_SPEC, 1), watch);
  const startMs = cpuMs();
  await train(LIVE_SPEC, histories, { ...FULL_PLAN, steps: 3 + STEPS_TIMED }, warm, watch);
  return (cpuMs() - startMs) / STEPS_TIMED;
}

async function growth(): Promise<BenchResult> {
  // Short windows: what leaks does so for each step, whatever its size.
  const spec: LstmSpec = { ...LIVE_SPEC, contextBins: 10, leadsBins: [1, 5, 60] };
  const plan = { ...FULL_PLAN, windows: 32, steps: STEPS_LONG };
  const tensors = new Set<number>();
  // The least of a quarter: the collector has been there.
  let earlyMb = Number.POSITIVE_INFINITY;
  let lateMb = Number.POSITIVE_INFINITY;
  await train(spec, dailyStreams(20), plan, startTraining(spec, 1), {
    nowMs: cpuMs,
    onStep: ({ step }) => {
      if (step > 10) tensors.add(tensorsHeld());
      const nowMb = process.memoryUsage().rss / MB;
      if (step > STEPS_LONG / 4 && step <= STEPS_LONG / 2) earlyMb = Math.min(earlyMb, nowMb);
      if (step > (3 * STEPS_LONG) / 4) lateMb = Math.min(lateMb, nowMb);
    },
  });
  const grewMb = lateMb - earlyMb;
  return {
    name: 'lstm-growth',
    value: grewMb,
    unit: `MB grown from the second to the last quarter of ${STEPS_LONG} steps`,
    baseline: 0,
    ratio: 0,
    target: `<= ${GROWTH_MB_MAX} MB, and as many tensors after each step`,
    kept: grewMb <= GROWTH_MB_MAX && tensors.size === 1,
    note: `${[...tensors].join(', ')} tensors; ${Math.round(lateMb)} MB resident`,
  };
}

/** Two trainings with one seed. */
async function repeated(): Promise<BenchResult> {
  const trained = async (): Promise<Float32Array> => {
    const plan = { ...FULL_PLAN, steps: STEPS_TIMED };
    return (await train(LIVE_SPEC, dailyStreams(50), plan, startTraining(LIVE_SPEC, 1), { nowMs: cpuMs })).parameters;
  };
  const [first, second] = [await trained(), await trained()];
  const different = first.filter((value, i) => !Object.is(value, second[i])).length;
  return {
    name: 'lstm-repeated',
    value: different,
    unit: `of ${first.length} weights differ between two trainings`,
    baseline: 0,
    ratio: 0,
    target: 'equal bytes',
    kept: different === 0,
  };
}

async function forecasts(): Promise<BenchResult> {
  const histories = dailyStreams(STREAMS);
  const { parameters } = startTraining(LIVE_SPEC, 1);
  const bytes = encodeWeights({ spec: LIVE_SPEC, members: [parameters], seeds: [1], steps: 0, trainedUntilMs: 0 });
  const fitted = new LstmForecaster({ backend: 'wasm' }).load(bytes);
  const grid = { leadsMs: LIVE_SPEC.leadsBins.map((lead) => lead * LIVE_SPEC.binMs), levels: LIVE_SPEC.levels, of: LIVE_SPEC.of };
  await fitted.predict(histories.slice(0, 512), grid);
  const startMs = cpuMs();
  const answers = await fitted.predict(histories, grid);
  const seconds = (cpuMs() - startMs) / 1_000;
  const refused = answers.filter((answer) => 'refused' in answer).length;
  fitted.dispose();
  return {
    name: 'lstm-forecasts',
    value: seconds,
    unit: `s for ${STREAMS} streams`,
    baseline: 0,
    ratio: 0,
    target: `<= ${FORECAST_S_MAX} s`,
    kept: seconds <= FORECAST_S_MAX && refused === 0,
    note: `nine days of minutes each; ${(featureMs(histories) / 1_000).toFixed(2)} s of it features; processor time`,
  };
}

function featureMs(histories: readonly SeriesHistory[]): number {
  const batch = featureBatch(LIVE_SPEC, 256);
  const writer = new FeatureWriter(LIVE_SPEC);
  const startMs = cpuMs();
  for (const [i, history] of histories.entries()) writer.write(history, history.demand.length, batch, i % 256);
  return cpuMs() - startMs;
}

/** Streams that go up and down once a day, of many levels. Their demand lies in a hundred arrays, so that it fits any machine. */
function dailyStreams(count: number): SeriesHistory[] {
  const shapes = Array.from({ length: Math.min(count, 100) }, (_, k) =>
    Float64Array.from({ length: HISTORY_BINS }, (_, bin) =>
      Math.round((k + 1) * (2 + Math.sin(((bin + k * 14) / DAY_BINS) * 2 * Math.PI))),
    ),
  );
  return Array.from({ length: count }, (_, i) => ({
    key: `stream ${i}`,
    binMs: LIVE_SPEC.binMs,
    startMs: 0,
    demand: shapes[i % shapes.length] as Float64Array,
    clientType: `type ${i % 5}`,
    service: `service ${i % 40}`,
  }));
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
