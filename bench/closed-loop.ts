/**
 * `seqcast bench closed-loop`: the live forecast stage and sizing rule on traces of demand, with outages of the allocator, and what the
 * mixture and the LSTM are worth there against the log-regression alone. Half an hour with the LSTM's training.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EqualRow,
  equalRows,
  type RuleRow,
  ruleRows,
  trackOf,
  WARM_UP_SHARE,
  warmUpSeconds,
} from '../backtest/closed-loop/comparison.ts';
import { type ClosedLoopReport, reportPage, sentenceOf } from '../backtest/closed-loop/report.ts';
import { verdictOf } from '../backtest/closed-loop/verdict.ts';
import { LIVE_STEPS, loadedLiveLstm, speakingLstmOf, trainedLiveLstm } from '../backtest/policies/live-lstm.ts';
import { minuteHistory, type SpeakingModel, voicesFrom } from '../backtest/policies/minute-histories.ts';
import type { MinuteVoices } from '../backtest/policies/minute-voices.ts';
import { closedLoopTraces, type TraceSource } from '../backtest/traces/catalogue.ts';
import { Progress } from './accuracy/progress.ts';
import { KeptVoices } from './closed-loop/kept-voices.ts';
import { commit } from './commit.ts';
import type { BenchRequest } from './request.ts';
import type { BenchResult } from './result.ts';

const DATA_DEFAULT = '../shared/data';
const LEAD_TIME_S = 0.5;
const RIDE_THROUGHS_S = [0, 60, 300, 900];
/** Where a forecast pays most, and the figure is asked for. */
const COMPARED_S = [300, 900];
const SEED = 1;
const MODEL_FILE = 'closed-loop-lstm.model';

export async function run(request: BenchRequest): Promise<BenchResult[]> {
  const { data = DATA_DEFAULT, limit, results, forecasts } = request.accuracy ?? {};
  const traces = closedLoopTraces(data).slice(0, limit);
  const progress = new Progress(request.progress, () => performance.now());
  const model = await speakingModel(traces, forecasts, progress);
  const rule: RuleRow[] = [];
  const equal: EqualRow[] = [];
  const kept = model === undefined || forecasts === undefined ? undefined : new KeptVoices(forecasts, model.fitted.save());
  for (const trace of traces) await measure(trace, model, { rule, equal, progress, kept });
  model?.fitted.dispose?.();
  const policies = model === undefined ? (['mixture'] as const) : (['mixture', 'mixture with LSTM'] as const);
  const verdicts = policies.map((policy) => verdictOf(equal, policy));
  const lstm =
    model === undefined
      ? 'none'
      : `${model.fitted.id}, ${LIVE_STEPS} steps on the first ${100 * WARM_UP_SHARE} % of all traces, asked each minute of the rest`;
  const report: ClosedLoopReport = {
    command: 'seqcast bench closed-loop',
    commit: commit(),
    node: process.version,
    lstm,
    rule,
    equal,
    verdicts,
  };
  request.out(request.json ? JSON.stringify(report) : reportPage(report));
  if (results !== undefined) write(results, report);
  return verdicts.map((verdict) => ({
    name: `closed-loop ${verdict.policy}`,
    value: verdict.worst?.ratio ?? 0,
    unit: 'x idle of the log-regression, at worst',
    baseline: 0,
    ratio: 0,
    target: '<= 1.02 everywhere, <= 0.95 on half of the seasonal traces',
    kept: verdict.kept,
    note: sentenceOf(verdict),
  }));
}

interface Measured {
  readonly rule: RuleRow[];
  readonly equal: EqualRow[];
  readonly progress: Progress;
  readonly kept: KeptVoices | undefined;
}

async function measure(trace: TraceSource, model: SpeakingModel | undefined, { rule, equal, progress, kept }: Measured): Promise<void> {
  progress.begin(trace.name);
  const demand = trace.load();
  if (demand === undefined) {
    progress.end('left out, its data is not there');
    return;
  }
  const speak = async (): Promise<MinuteVoices | undefined> => {
    return model === undefined ? undefined : voicesFrom(demand, warmUpSeconds(demand), model);
  };
  const voices = await (kept === undefined ? speak() : kept.of(demand.name, speak));
  for (const [i, rideThroughS] of RIDE_THROUGHS_S.entries()) {
    const options = { leadTimeS: LEAD_TIME_S, rideThroughS };
    const track = trackOf(demand, options);
    rule.push(...ruleRows(demand, track, options));
    if (COMPARED_S.includes(rideThroughS)) {
      const withLstm = voices === undefined ? undefined : trackOf(demand, options, voices);
      equal.push(...equalRows(demand, track, withLstm, options));
    }
    progress.done((i + 1) / RIDE_THROUGHS_S.length);
  }
  progress.end(voices === undefined ? 'measured without the LSTM' : 'measured');
}

/** Trained on what the rules warm up on, once: kept where a folder for forecasts is named. */
async function speakingModel(
  traces: readonly TraceSource[],
  folder: string | undefined,
  progress: Progress,
): Promise<SpeakingModel | undefined> {
  const path = folder === undefined ? undefined : join(folder, MODEL_FILE);
  if (path !== undefined && existsSync(path)) {
    return speakingLstmOf(loadedLiveLstm(readFileSync(path)));
  }
  progress.begin('LSTM', 'some minutes on a core of its own');
  const histories = traces.flatMap((trace) => {
    const demand = trace.load();
    return demand === undefined ? [] : [minuteHistory(demand, warmUpSeconds(demand))];
  });
  const fitted = await trainedLiveLstm(histories, {
    seed: SEED,
    nowMs: () => performance.now(),
    onStep: ({ step, steps }) => progress.done(step / steps),
  });
  if (typeof fitted === 'string') {
    progress.end(`refused: ${fitted}`);
    return undefined;
  }
  if (path !== undefined && folder !== undefined) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, fitted.save());
  }
  progress.end(`trained on ${histories.length} traces`);
  return speakingLstmOf(fitted);
}

function write(directory: string, report: ClosedLoopReport): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'closed-loop.json'), `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(join(directory, 'closed-loop.md'), reportPage(report));
}
