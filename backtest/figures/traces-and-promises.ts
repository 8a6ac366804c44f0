/** Which figure is promised on which trace: one table, from which the bench makes its cells. Sources: docs/how-it-works/sizing.md. */
import type { DemandSeconds } from '../traces/demand-seconds.ts';
import { batch, daily, diurnal, shift, week } from '../traces/generators.ts';
import { nasa, nasaSmoothed, twitter } from '../traces/recorded.ts';
import { flash, flash1 } from '../traces/surprises.ts';
import {
  againstLeaf,
  againstTuned,
  type Cell,
  firstBurst,
  idleAtMost,
  nearForesight,
  noStalls,
  type SurvivalBounds,
  survival,
  type Verdict,
} from './promised.ts';

export interface PromisedTrace {
  readonly name: string;
  readonly load: (dataDir: string) => DemandSeconds | undefined;
  /** Lead times at which the rule is compared without a ride-through, in seconds. */
  readonly leadTimesS: readonly number[];
  /** Ride-throughs at a lead time of half a second, with what is promised of each. */
  readonly rideThroughs: Readonly<Record<number, readonly SurvivalBounds[]>>;
  readonly judged?: (cell: Cell) => (Verdict | undefined)[];
  /** Everything that is promised of a burst that was seen before; not of the first one ever. */
  readonly isFirstEver?: boolean;
  readonly atOperationsOfLeaf?: boolean;
}

const LEADS_S = [0.01, 0.5, 5];
const CROWD_RATE = 20_000;
const SURVIVED = 99.9;
const EXPECTED_SURVIVED = 99;

/** R1: seasonal demand, insured. */
const seasonal: SurvivalBounds = {
  figure: 'R1',
  policy: 'insured',
  survivedPercentMin: SURVIVED,
  idleOf: { policy: 'remembered peaks', factor: 0.65 },
  noStalls: true,
};
const hourly = (factor: number): SurvivalBounds => ({
  figure: 'R2',
  policy: 'insured',
  survivedPercentMin: SURVIVED,
  idleOf: { policy: 'foresight', factor },
});
const expected: SurvivalBounds = { figure: 'R4', policy: 'expected', survivedPercentMin: EXPECTED_SURVIVED };
const lean: SurvivalBounds = { ...expected, idleOf: { policy: 'foresight', factor: 2.5 } };
/** R6: where nothing can be foreseen, foresight does no harm. */
const harmless: SurvivalBounds = {
  figure: 'R6',
  policy: 'insured',
  survivesLike: 'remembered peaks',
  idleOf: { policy: 'remembered peaks', factor: 1.02 },
};

const SEASONAL = { 60: [seasonal, lean], 300: [seasonal, lean], 900: [seasonal] };
const UNFORESEEN = { 60: [harmless, expected], 300: [harmless, expected], 900: [harmless] };

const JOB_IDLE_SHORT = 8_000;
const JOB_IDLE_LONG = 11_000;
const MOVED_STALLED_PPM = 1_000;

export const PROMISED_TRACES: readonly PromisedTrace[] = [
  {
    name: 'diurnal',
    load: () => diurnal(),
    leadTimesS: LEADS_S,
    rideThroughs: {
      ...SEASONAL,
      300: [seasonal, lean, { figure: 'R5', policy: 'insured', survivedPercentMin: 100, idleOf: { policy: 'leaf', factor: 0.4 } }],
    },
    atOperationsOfLeaf: true,
  },
  {
    name: 'batch',
    load: () => batch(),
    leadTimesS: LEADS_S,
    rideThroughs: { 60: [hourly(1.75), lean], 300: [hourly(1.3), lean], 900: [hourly(1.3)] },
    judged: (cell) =>
      cell.leadTimeS < 0.5
        ? []
        : [idleAtMost(cell, 'R3: idle stock of an hourly job', cell.leadTimeS < 5 ? JOB_IDLE_SHORT : JOB_IDLE_LONG)],
    atOperationsOfLeaf: true,
  },
  { name: 'flash', load: () => flash(), leadTimesS: LEADS_S, rideThroughs: { 60: [harmless, expected], 900: [harmless] } },
  {
    name: 'flash1',
    load: () => flash1(),
    leadTimesS: LEADS_S,
    rideThroughs: {},
    isFirstEver: true,
    judged: (cell) => [firstBurst(cell, CROWD_RATE)],
  },
  { name: 'week', load: () => week(), leadTimesS: [0.5], rideThroughs: SEASONAL },
  { name: 'daily', load: () => daily(), leadTimesS: [0.5], rideThroughs: { 60: [expected], 300: [expected] } },
  {
    name: 'shift',
    load: () => shift(),
    leadTimesS: [0.5],
    rideThroughs: { 60: [expected] },
    isFirstEver: true,
    judged: (cell) => [stalledAtMost(cell, 'R6: stalls of a job that moves', MOVED_STALLED_PPM)],
  },
  {
    name: 'nasa',
    load: (dir) => nasa(dir),
    leadTimesS: LEADS_S,
    rideThroughs: {
      60: [seasonal, lean],
      300: [seasonal, lean],
      900: [seasonal, { figure: 'R5', policy: 'expected', survivedPercentMin: 99.3, idleOf: { policy: 'leaf', factor: 2 / 3 } }],
    },
    atOperationsOfLeaf: true,
  },
  { name: 'nasa100', load: (dir) => nasa(dir, 100), leadTimesS: LEADS_S, rideThroughs: SEASONAL },
  { name: 'nasa1000', load: (dir) => nasa(dir, 1_000), leadTimesS: LEADS_S, rideThroughs: {} },
  {
    name: 'nasa1000s',
    load: (dir) => nasaSmoothed(dir),
    leadTimesS: [0.5, 5],
    rideThroughs: { 300: [seasonal, expected] },
    atOperationsOfLeaf: true,
  },
  ...['AAPL', 'CRM', 'FB', 'GOOG', 'IBM', 'UPS'].map(mentions),
  { name: 'aapl100', load: (dir) => twitter(dir, 'AAPL', 100), leadTimesS: LEADS_S, rideThroughs: UNFORESEEN },
  { name: 'fb100', load: (dir) => twitter(dir, 'FB', 100), leadTimesS: [0.5], rideThroughs: { 60: [harmless, expected] } },
];

function mentions(ticker: string): PromisedTrace {
  return { name: ticker.toLowerCase(), load: (dir) => twitter(dir, ticker, 1), leadTimesS: LEADS_S, rideThroughs: {} };
}

/** Why a promise is missed where it is, as far as that is known: by how the figure's name begins, and the trace. */
const REASONS: readonly { readonly figure: string; readonly traces: readonly string[]; readonly why: string }[] = [
  {
    figure: 'idle stock near foresight',
    traces: ['batch'],
    why: 'without returns, what is ordered in the last second of a job is left over when it ends; returns take it back',
  },
  {
    figure: 'idle stock against tuned',
    traces: ['flash'],
    why: 'the reserve is 1.25 times the largest burst seen, the tuned constant exactly that burst, and it stalls',
  },
  {
    figure: 'idle stock against tuned',
    traces: ['nasa', 'aapl'],
    why: 'the floor of 32 values, against single requests that stall quiet streams',
  },
  {
    figure: 'no stalls',
    traces: ['aapl100'],
    why: 'the forecast lowered a reserve of five seconds before a burst that only remembered peaks would have covered',
  },
];

/** Verdicts on one cell of a trace, with what is known of those that are missed. */
export function verdictsOn(promised: PromisedTrace, cell: Cell): Verdict[] {
  return judged(promised, cell).map((verdict) => {
    const known = REASONS.find(({ figure, traces }) => verdict.figure.startsWith(figure) && traces.includes(promised.name));
    return verdict.kept || verdict.why !== undefined || known === undefined ? verdict : { ...verdict, why: known.why };
  });
}

function judged(promised: PromisedTrace, cell: Cell): Verdict[] {
  if (cell.rideThroughS > 0) return (promised.rideThroughs[cell.rideThroughS] ?? []).flatMap((bounds) => survival(cell, bounds));
  const burst = promised.isFirstEver === true ? undefined : noStalls(cell);
  const found = [burst, ...nearForesight(cell), ...againstLeaf(cell), ...againstTuned(cell), ...(promised.judged?.(cell) ?? [])];
  const announced = cell.results['seqcast, burst announced'];
  if (announced !== undefined) {
    const { trace, leadTimeS, rideThroughS } = cell;
    const seen = announced.stalled - announced.stalledAtFirst;
    found.push({
      figure: 'an announced burst stalls nobody',
      trace,
      leadTimeS,
      rideThroughS,
      seen,
      bound: 0,
      unit: 'values',
      kept: seen === 0,
    });
  }
  return found.filter((each) => each !== undefined);
}

function stalledAtMost(cell: Cell, figure: string, boundPpm: number): Verdict | undefined {
  const ours = cell.results.seqcast;
  if (ours === undefined) return undefined;
  const seen = (ours.stalled * 1e6) / Math.max(1, ours.demanded);
  const { trace, leadTimeS, rideThroughS } = cell;
  return { figure, trace, leadTimeS, rideThroughS, seen, bound: boundPpm, unit: 'ppm', kept: seen <= boundPpm };
}

/** The first burst above half the crowd's rate after everything was learnt: what an operator would have announced. */
export function burstOf(demand: DemandSeconds): { readonly fromS: number; readonly untilS: number; readonly rate: number } | undefined {
  const from = demand.counts.findIndex((count) => count > CROWD_RATE / 2);
  if (from < 0) return undefined;
  let until = from;
  while ((demand.counts[until] ?? 0) > CROWD_RATE / 2) until++;
  return { fromS: from, untilS: until, rate: CROWD_RATE };
}
