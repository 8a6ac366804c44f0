/**
 * Scores a challenger, the champion and the baselines on time that none of them has seen: from many origins, each model is given what was
 * known then, and its quantiles are held against what came. Outcomes that an outage touches say nothing and are left out.
 *
 * Losses are pinball losses in units of the stream and the lead: what the naive forecast "as much as in the same span a day before" (or
 * just before, where there is no such day) missed by, before the holdout. So streams of any size and leads of any length count alike.
 */
import { assert } from '../../core/assertion.ts';
import { parseStreamId } from '../../core/stream.ts';
import { type Answer, type FittedForecaster, isRefusal, type LeadGrid, type SeriesHistory } from '../contract.ts';
import { COVERAGE_LEVEL, type Score } from './gate.ts';

/** Origins of one evaluation: a week is seen at every time of day, and a small machine has the answers in seconds. */
const ORIGINS_MAX = 48;
/** Questions that are answered together: forecasters of many streams are fastest with many, and histories are only looked at. */
const ASKED_AT_ONCE = 512;
/** Windows that the unit of a stream is measured on. */
const UNIT_WINDOWS_MAX = 512;
/** Demand is counted in whole values: a quantile this close to an outcome lies on it. */
const TIE = 0.5;
/** Classes told apart; what is rarer is one class. */
const CLASSES_MAX = 20;
const OTHER_CLASSES = 'other';

export interface Contenders {
  readonly challenger: FittedForecaster;
  readonly champion: FittedForecaster | undefined;
  /** By the names that the card shows. */
  readonly baselines: Readonly<Record<string, FittedForecaster>>;
}

export interface HoldoutOptions {
  readonly histories: readonly SeriesHistory[];
  /** No model has seen anything from there on. */
  readonly fromMs: number;
  /** Totals. Leads that are longer than the holdout are not scored. */
  readonly grid: LeadGrid;
  /** Of the season that the unit compares with. */
  readonly dayBins: number;
  readonly contenders: Contenders;
  /** Hears how much is done. */
  readonly onProgress?: (share: number) => void;
}

export interface HoldoutScores {
  readonly scores: readonly Score[];
  readonly fromMs: number;
  readonly untilMs: number;
  readonly leftOut: number;
}

/** Sums over a history, so that the demand of any span costs two look-ups. */
interface Sums {
  readonly history: SeriesHistory;
  readonly demand: Float64Array;
  readonly outages: Float64Array;
  /** By lead; 0 where it has no unit and is not scored. */
  readonly units: readonly number[];
  readonly class: string;
}

export async function scoredHoldout(options: HoldoutOptions): Promise<HoldoutScores> {
  const { histories, fromMs, grid, contenders, onProgress } = options;
  assert(grid.of === 'total', 'a holdout scores totals');
  const untilMs = histories.reduce((last, each) => Math.max(last, endOf(each)), fromMs);
  const classOf = classesOf(histories);
  const series = histories.map((history) => sumsOf(history, options, classOf(history)));
  const questions = questionsOf(series, options, untilMs);
  const scores: Score[] = [];
  for (let from = 0; from < questions.length; from += ASKED_AT_ONCE) {
    const asked = questions.slice(from, from + ASKED_AT_ONCE);
    const known = asked.map(({ sums, originMs }) => historyUntil(sums.history, originMs));
    const ask = async (model: FittedForecaster | undefined): Promise<readonly Answer[]> => (await model?.predict(known, grid)) ?? [];
    const challenger = await ask(contenders.challenger);
    const champion = await ask(contenders.champion);
    const baselines: [string, readonly Answer[]][] = [];
    for (const [name, model] of Object.entries(contenders.baselines)) baselines.push([name, await ask(model)]);
    for (const [i, question] of asked.entries()) {
      const said: Said = {
        challenger: challenger[i],
        champion: contenders.champion === undefined ? null : champion[i],
        baselines: Object.fromEntries(baselines.map(([name, answers]) => [name, answers[i]])),
      };
      const score = scoreOf(question, said, grid);
      if (score !== undefined) scores.push(score);
    }
    onProgress?.((from + asked.length) / questions.length);
  }
  return { scores, fromMs, untilMs, leftOut: histories.length - new Set(scores.map(({ stream }) => stream)).size };
}

interface Question {
  readonly sums: Sums;
  readonly originMs: number;
  readonly block: number;
}

/** What is asked of one stream at one moment; what lies within one longest lead is one stretch of time. */
function questionsOf(series: readonly Sums[], { fromMs, grid }: HoldoutOptions, untilMs: number): Question[] {
  const binMs = series[0]?.history.binMs ?? 1;
  const stretchMs = grid.leadsMs.at(-1) ?? binMs;
  return originsOf(fromMs, untilMs, binMs, grid).flatMap((originMs) =>
    series
      .filter(({ history, units }) => originMs <= endOf(history) && originMs > history.startMs && units.some((unit) => unit > 0))
      .map((sums) => ({ sums, originMs, block: Math.floor((originMs - fromMs) / stretchMs) })),
  );
}

interface Said {
  readonly challenger: Answer | undefined;
  /** Null where there is no champion. */
  readonly champion: Answer | undefined | null;
  readonly baselines: Readonly<Record<string, Answer | undefined>>;
}

/** Undefined where a model that is compared refuses, or no outcome is known. */
function scoreOf({ sums, originMs, block }: Question, said: Said, grid: LeadGrid): Score | undefined {
  const { history, units } = sums;
  const outcomes = grid.leadsMs.map((leadMs, lead) => ((units[lead] ?? 0) > 0 ? totalOf(sums, originMs, leadMs) : undefined));
  const lossOf = (answer: Answer | undefined): number => {
    if (answer === undefined || isRefusal(answer)) return NaN;
    let loss = 0;
    let leads = 0;
    for (const [lead, outcome] of outcomes.entries()) {
      if (outcome === undefined) continue;
      leads++;
      for (const [i, level] of grid.levels.entries()) {
        const error = outcome - (answer.quantiles[lead * grid.levels.length + i] ?? NaN);
        loss += Math.max(level * error, (level - 1) * error) / ((units[lead] ?? 1) * grid.levels.length);
      }
    }
    return loss / leads;
  };
  const challenger = lossOf(said.challenger);
  const champion = said.champion === null ? NaN : lossOf(said.champion);
  const baselines = Object.fromEntries(Object.entries(said.baselines).map(([name, answer]) => [name, lossOf(answer)]));
  const all = [challenger, ...(said.champion === null ? [] : [champion]), ...Object.values(baselines)];
  if (all.some(Number.isNaN)) return undefined;
  return { stream: history.key, class: sums.class, block, challenger, champion, baselines, ...coveredBy(said.challenger, outcomes, grid) };
}

function coveredBy(
  answer: Answer | undefined,
  outcomes: readonly (number | undefined)[],
  grid: LeadGrid,
): Pick<Score, 'below' | 'atMost' | 'outcomes'> {
  const covered = { below: 0, atMost: 0, outcomes: 0 };
  const at = grid.levels.indexOf(COVERAGE_LEVEL);
  assert(at >= 0, 'the grid has the level that coverage is judged at');
  if (answer === undefined || isRefusal(answer)) return covered;
  for (const [lead, outcome] of outcomes.entries()) {
    if (outcome === undefined) continue;
    const quantile = answer.quantiles[lead * grid.levels.length + at] ?? NaN;
    covered.outcomes++;
    if (outcome < quantile - TIE) covered.below++;
    if (outcome <= quantile + TIE) covered.atMost++;
  }
  return covered;
}

/** Evenly over the holdout, at the starts of bins; the last leaves room for the shortest lead. */
function originsOf(fromMs: number, untilMs: number, binMs: number, grid: LeadGrid): number[] {
  const first = Math.ceil(fromMs / binMs);
  const last = Math.floor((untilMs - (grid.leadsMs[0] ?? binMs)) / binMs);
  const count = Math.min(ORIGINS_MAX, last - first + 1);
  return Array.from({ length: Math.max(0, count) }, (_, i) => Math.floor(first + (i * (last - first)) / Math.max(1, count - 1)) * binMs);
}

function sumsOf(history: SeriesHistory, { fromMs, grid, dayBins }: HoldoutOptions, ofClass: string): Sums {
  const bins = history.demand.length;
  const demand = new Float64Array(bins + 1);
  const outages = new Float64Array(bins + 1);
  for (let i = 0; i < bins; i++) {
    demand[i + 1] = (demand[i] ?? 0) + (history.demand[i] ?? 0);
    outages[i + 1] = (outages[i] ?? 0) + (history.outages?.[i] ?? 0);
  }
  const sums = { history, demand, outages, class: ofClass };
  const seenBins = Math.min(bins, Math.floor((fromMs - history.startMs) / history.binMs));
  return { ...sums, units: grid.leadsMs.map((leadMs) => unitOf(sums, leadMs / history.binMs, seenBins, dayBins)) };
}

/** Mean of what the naive forecast missed by in the bins `[0, seenBins)`. */
function unitOf(sums: Omit<Sums, 'units'>, leadBins: number, seenBins: number, dayBins: number): number {
  const lag = seenBins >= dayBins + 2 * leadBins ? Math.max(dayBins, Math.ceil(leadBins / dayBins) * dayBins) : leadBins;
  const windows = seenBins - leadBins - lag;
  if (windows <= 0) return 0;
  const stride = Math.max(1, Math.floor(windows / UNIT_WINDOWS_MAX));
  let missed = 0;
  let count = 0;
  for (let from = lag; from + leadBins <= seenBins; from += stride) {
    const now = binsTotal(sums, from, leadBins);
    const before = binsTotal(sums, from - lag, leadBins);
    if (now === undefined || before === undefined) continue;
    missed += Math.abs(now - before);
    count++;
  }
  return count === 0 ? 0 : missed / count;
}

function totalOf(sums: Sums, originMs: number, leadMs: number): number | undefined {
  const { history } = sums;
  return binsTotal(sums, (originMs - history.startMs) / history.binMs, leadMs / history.binMs);
}

/** Undefined where not all of it is known. */
function binsTotal({ demand, outages }: Pick<Sums, 'demand' | 'outages'>, from: number, count: number): number | undefined {
  const to = from + count;
  if (from < 0 || to >= demand.length) return undefined;
  if ((outages[to] ?? 0) > (outages[from] ?? 0)) return undefined;
  return (demand[to] ?? 0) - (demand[from] ?? 0);
}

/** What was known then. */
export function historyUntil(history: SeriesHistory, untilMs: number): SeriesHistory {
  const bins = Math.max(0, Math.min(history.demand.length, Math.floor((untilMs - history.startMs) / history.binMs)));
  const { outages } = history;
  return { ...history, demand: history.demand.subarray(0, bins), ...(outages !== undefined && { outages: outages.subarray(0, bins) }) };
}

function endOf({ startMs, binMs, demand }: SeriesHistory): number {
  return startMs + binMs * demand.length;
}

/** The client type, where it is one of the commoner ones. */
function classesOf(histories: readonly SeriesHistory[]): (history: SeriesHistory) => string {
  const typeOf = ({ key, clientType }: SeriesHistory): string => clientType ?? parseStreamId(key).clientType;
  const counts = new Map<string, number>();
  for (const history of histories) counts.set(typeOf(history), (counts.get(typeOf(history)) ?? 0) + 1);
  const common = new Set(
    [...counts]
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
      .slice(0, CLASSES_MAX)
      .map(([name]) => name),
  );
  return (history) => (common.has(typeOf(history)) ? typeOf(history) : OTHER_CLASSES);
}
