/**
 * Runs the cells of one stream: all contestants of a setting are fed from the same pieces, so that a trace is read once for all of them
 * and may be longer than memory. What is finished already is not run again.
 */
import { fixedLeadTime, sampledLeadTimes } from '../harness/lead-times.ts';
import type { LeadTimes } from '../harness/policy.ts';
import { feed } from '../harness/replay.ts';
import type { StreamResult } from '../harness/result.ts';
import { SplitSecond } from '../harness/split-second.ts';
import { StreamRun } from '../harness/stream-run.ts';
import type { MinuteVoices } from '../policies/minute-voices.ts';
import { type DemandSource, wholeOf } from '../sources/demand-source.ts';
import type { DemandSeconds } from '../traces/demand-seconds.ts';
import { type CellOrigin, cellKey, type LeadTimeChoice, type Setting } from './cells.ts';
import type { Contestant, EnteredStream } from './contestant.ts';
import type { FinishedCells } from './finished-cells.ts';
import { pooledOverTime } from './pooling.ts';
import { type RecordedRun, RunRecorder } from './recorded-run.ts';
import { type Split, wholeSplit } from './splits.ts';

export interface ContestOptions {
  readonly contestants: readonly Contestant[];
  readonly setting: Setting;
  readonly splits: readonly Split[];
  readonly outagesS: readonly number[];
  readonly seed: number;
  /** Ids of contestants whose stock is recorded over time. */
  readonly recorded: readonly string[];
  readonly origin: Omit<CellOrigin, 'stream' | 'policy'>;
  readonly voices: readonly MinuteVoices[];
  readonly finished: FinishedCells;
  /** Told of every piece that runs were fed, in seconds of one stream under one policy; may pause, or throw to end it all. */
  readonly onSeconds: OnSeconds;
}

/** `isKnown`: they had been done before, and took no time. */
export type OnSeconds = (seconds: number, isKnown?: boolean) => Promise<void>;

export interface ContestResult {
  readonly contestant: Contestant;
  readonly result: StreamResult;
  readonly recording?: RecordedRun;
}

interface FinishedCell {
  readonly result: StreamResult;
  readonly recording?: RecordedRun;
}

/** One result for each contestant that runs in the setting, in their order: the parts of its origins pooled. */
export async function contest(source: DemandSource, options: ContestOptions): Promise<ContestResult[]> {
  const entered = options.contestants.filter(({ runsWith }) => runsWith?.(options.setting.rideThroughS) ?? true);
  const parts = new Map<Contestant, FinishedCell[]>(entered.map((each) => [each, []]));
  const batches = [
    { split: wholeSplit(options.splits), contestants: entered.filter((each) => !each.fitted) },
    ...options.splits.map((split) => ({ split, contestants: entered.filter((each) => each.fitted) })),
  ];
  const demand = new WholeDemand(source);
  for (const { split, contestants } of batches) {
    const cells = await batch(source, demand, { split, contestants }, options);
    for (const [i, cell] of cells.entries()) {
      const contestant = contestants[i];
      if (contestant !== undefined) parts.get(contestant)?.push(cell);
    }
  }
  return entered.map((contestant) => {
    const cells = parts.get(contestant) ?? [];
    const results = cells.map((each) => each.result);
    const result = { ...pooledOverTime(results), policy: nameOf(contestant, results), leadTime: options.setting.leadTime.name };
    const recording = cells[0]?.recording;
    return { contestant, result, ...(recording !== undefined && { recording }) };
  });
}

/** A policy says its settings in its name: where they differ from origin to origin or stream to stream, the entry's name has to do. */
export function nameOf({ name }: Contestant, results: readonly StreamResult[]): string {
  const said = results[0]?.policy ?? name;
  return results.every(({ policy }) => policy === said) ? said : name;
}

async function batch(
  source: DemandSource,
  demand: WholeDemand,
  { split, contestants }: { readonly split: Split; readonly contestants: readonly Contestant[] },
  options: ContestOptions,
): Promise<FinishedCell[]> {
  const { setting, outagesS, seed, recorded, origin, finished, onSeconds } = options;
  const isRecorded = (id: string): boolean => recorded.includes(id);
  const keys = contestants.map(({ id }) => {
    return cellKey({ ...origin, stream: source.name, policy: id }, { setting, split, outagesS, seed, recorded: isRecorded(id) });
  });
  const known = keys.map((key) => finished.find(key) as FinishedCell | undefined);
  const arrivals = new SplitSecond();
  const leadTimes = leadTimesOf(setting.leadTime, seed);
  const { rideThroughS } = setting;
  const countFromS = split.countedFromS;
  const shared = new Map<string, unknown>();
  const entered: EnteredStream = {
    stream: source.name,
    startMs: source.startMs,
    leadTimes,
    rideThroughS,
    countFromS,
    voices: options.voices,
    shared<T>(what: string, make: () => T): T {
      if (!shared.has(what)) shared.set(what, make());
      return shared.get(what) as T;
    },
    training: () => demand.until(split.trainedUntilS),
    future: () => demand.until(source.seconds),
  };
  const missing: { readonly at: number; readonly run: StreamRun; readonly recorder: RunRecorder | undefined }[] = [];
  for (const [at, contestant] of contestants.entries()) {
    if (known[at] !== undefined) continue;
    const policy = await contestant.create(entered);
    const recorder = isRecorded(contestant.id) ? new RunRecorder(source, policy.name, split) : undefined;
    const run = new StreamRun(source.name, policy, {
      leadTimes,
      rideThroughS,
      outagesS,
      countFromS,
      split: arrivals,
      ...(recorder !== undefined && { record: recorder.recorder }),
    });
    missing.push({ at, run, recorder });
  }
  await onSeconds((contestants.length - missing.length) * split.countedUntilS, true);
  await feedUntil(
    source,
    missing.map((each) => each.run),
    split.countedUntilS,
    onSeconds,
  );
  for (const { at, run, recorder } of missing) {
    const result: FinishedCell = { result: run.result(), ...(recorder !== undefined && { recording: recorder.recording() }) };
    known[at] = result;
    finished.add(keys[at] ?? '', result);
  }
  return known.flatMap((each) => (each === undefined ? [] : [each]));
}

async function feedUntil(
  source: DemandSource,
  runs: readonly StreamRun[],
  untilS: number,
  onSeconds: ContestOptions['onSeconds'],
): Promise<void> {
  if (runs.length === 0) return;
  let fed = 0;
  for await (const piece of source.pieces()) {
    const seconds = piece.subarray(0, untilS - fed);
    feed(runs, seconds);
    fed += seconds.length;
    await onSeconds(seconds.length * runs.length);
    if (fed >= untilS) return;
  }
}

function leadTimesOf(choice: LeadTimeChoice, seed: number): LeadTimes {
  return choice.kind === 'fixed' ? fixedLeadTime(choice.leadTimeS) : sampledLeadTimes(choice.samplesS, seed);
}

/** A stream's demand in memory, for those who look at all of it: read once, when the first of them asks. */
class WholeDemand {
  private readonly source: DemandSource;
  private whole: Promise<DemandSeconds> | undefined;

  constructor(source: DemandSource) {
    this.source = source;
  }

  async until(second: number): Promise<DemandSeconds> {
    this.whole ??= wholeOf(this.source);
    const whole = await this.whole;
    return { ...whole, counts: whole.counts.subarray(0, second) };
  }
}
