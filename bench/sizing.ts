/**
 * `seqcast bench sizing`: the live rule against the rules of other generators, against constants tuned on the training part and against
 * foresight, on recorded and drawn demand; and every promise of it, kept or missed, trace by trace. Twenty minutes on a free core.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measuredCell } from '../backtest/figures/measured-cell.ts';
import type { Cell, Verdict } from '../backtest/figures/promised.ts';
import { sizingPage } from '../backtest/figures/sizing-page.ts';
import { burstOf, PROMISED_TRACES, type PromisedTrace, verdictsOn } from '../backtest/figures/traces-and-promises.ts';
import { fixedLeadTime } from '../backtest/harness/lead-times.ts';
import { replayStream } from '../backtest/harness/replay.ts';
import { seqcastRule } from '../backtest/policies/seqcast-rule.ts';
import { staticStep } from '../backtest/rivals/static-step.ts';
import type { DemandSeconds } from '../backtest/traces/demand-seconds.ts';
import { nasa } from '../backtest/traces/recorded.ts';
import { Progress } from './accuracy/progress.ts';
import { commit } from './commit.ts';
import type { BenchRequest } from './request.ts';
import type { BenchResult } from './result.ts';

const DATA_DEFAULT = '../shared/data';
/** Ride-throughs are promised at this lead time. */
const RIDE_THROUGH_LEAD_S = 0.5;
const SIMPLE_SPEED_MIN = 1e6;
const MIXTURE_SPEED_MIN = 1e5;
const LONG_TRACE_S_MAX = 30;

export async function run(request: BenchRequest): Promise<BenchResult[]> {
  const { data = DATA_DEFAULT, limit, tasks, results } = request.accuracy ?? {};
  const progress = new Progress(request.progress, () => performance.now());
  const cells: Cell[] = [];
  const verdicts: Verdict[] = [];
  const wanted = PROMISED_TRACES.filter(({ name }) => tasks === undefined || tasks.includes(name)).slice(0, limit);
  for (const promised of wanted) measure(promised, data, { cells, verdicts, progress });
  const report = { command: 'seqcast bench sizing', commit: commit(), node: process.version, cells, verdicts };
  request.out(request.json ? JSON.stringify(report) : sizingPage(report));
  if (results !== undefined) {
    mkdirSync(results, { recursive: true });
    writeFileSync(join(results, 'sizing.json'), `${JSON.stringify(report, null, 1)}\n`);
    writeFileSync(join(results, 'sizing.md'), sizingPage(report));
  }
  const kept = verdicts.filter((each) => each.kept).length;
  const promises = {
    name: 'sizing',
    value: kept,
    unit: `of ${verdicts.length} promises kept`,
    baseline: 0,
    ratio: 0,
    target: 'all',
    kept: kept === verdicts.length,
  };
  return [promises, ...replaySpeed(nasa(data))];
}

interface Measured {
  readonly cells: Cell[];
  readonly verdicts: Verdict[];
  readonly progress: Progress;
}

function measure(promised: PromisedTrace, data: string, { cells, verdicts, progress }: Measured): void {
  progress.begin(promised.name);
  const demand = promised.load(data);
  if (demand === undefined) {
    progress.end('left out, its data is not there');
    return;
  }
  const burst = promised.name === 'flash1' ? burstOf(demand) : undefined;
  const options = [
    ...promised.leadTimesS.map((leadTimeS) => ({
      leadTimeS,
      rideThroughS: 0,
      atOperationsOfLeaf: promised.atOperationsOfLeaf === true && leadTimeS === RIDE_THROUGH_LEAD_S,
      ...(burst === undefined ? {} : { declared: burst }),
    })),
    ...Object.keys(promised.rideThroughs).map((rideThroughS) => ({ leadTimeS: RIDE_THROUGH_LEAD_S, rideThroughS: Number(rideThroughS) })),
  ];
  for (const [i, each] of options.entries()) {
    const cell = measuredCell(demand, each);
    cells.push(cell);
    verdicts.push(...verdictsOn(promised, cell));
    progress.done((i + 1) / options.length);
  }
  progress.end(`${options.length} cells`);
}

/** Seconds of a trace replayed in a second of this machine, and what a trace of twice the length takes of memory. */
function replaySpeed(demand: DemandSeconds): BenchResult[] {
  const options = { leadTimes: fixedLeadTime(RIDE_THROUGH_LEAD_S), rideThroughS: 0, outagesS: [], countFromS: 0 };
  const settings = { leadTimeS: RIDE_THROUGH_LEAD_S, rideThroughS: 0, rideThroughClass: 'expected', targetStallsPpm: 10 } as const;
  const simpleS = timed(() => replayStream(staticStep(), demand, options));
  const ruleS = timed(() => replayStream(seqcastRule(demand.startMs, settings), demand, options));
  const seconds = demand.counts.length;
  return [
    speed('replay-simple', seconds / simpleS, SIMPLE_SPEED_MIN, `a static step over ${seconds} seconds`),
    speed(
      'replay-mixture',
      seconds / ruleS,
      MIXTURE_SPEED_MIN,
      `${seconds} seconds in ${ruleS.toFixed(1)} s, at most ${LONG_TRACE_S_MAX} promised`,
    ),
  ];
}

function timed(what: () => unknown): number {
  const startMs = performance.now();
  what();
  return (performance.now() - startMs) / 1_000;
}

function speed(name: string, value: number, least: number, note: string): BenchResult {
  return { name, value, unit: 'stream-seconds/s', baseline: 0, ratio: 0, target: `>= ${least}`, kept: value >= least, note };
}
