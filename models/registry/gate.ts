/**
 * The promotion gate: a challenger takes over from the champion only where it is better on days that neither has seen, by more than
 * chance, without being worse for any kind of caller. Where there is no champion, the best plain baseline stands in for it.
 *
 * Source: forecasting study, section 8.
 */
import { seededRng } from '../../core/rng.ts';
import { type Improvement, improvementOf, type LossBlock, shareSaved } from './paired-bootstrap.ts';

/** Less than this is not worth the change. */
const IMPROVEMENT_MIN = 0.01;
/** At the level that reserves are sized by. */
export const COVERAGE_LEVEL = 0.95;
const COVERAGE_ERROR_MAX = 0.02;
/** No kind of caller pays for the others. */
const CLASS_WORSE_MAX = 0.1;
/** Fewer say nothing of a class. */
const CLASS_SCORES_MIN = 24;
/** A class whose loss is below this share of all is not what anybody notices. */
const CLASS_LOSS_SHARE_MIN = 0.005;
/** Fewer stretches of time cannot exclude chance. */
const BLOCKS_MIN = 5;
const SEED = 20_130_807;

/** What was asked of one stream at one moment, and how each model answered: its mean loss over leads and levels, in units of the stream. */
export interface Score {
  readonly stream: string;
  /** Kind of caller. */
  readonly class: string;
  /** Stretch of time it lies in. */
  readonly block: number;
  readonly challenger: number;
  /** NaN where there is no champion. */
  readonly champion: number;
  /** By name. */
  readonly baselines: Readonly<Record<string, number>>;
  /** Outcomes clearly below the challenger's quantile at `COVERAGE_LEVEL`, at most as high as it, and all. */
  readonly below: number;
  readonly atMost: number;
  readonly outcomes: number;
}

export interface ClassResult {
  readonly class: string;
  readonly scores: number;
  readonly improvement: number;
  readonly isJudged: boolean;
}

export interface EvaluationSummary {
  /** Of the time that was forecast. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly streams: number;
  readonly scores: number;
  /** Streams that could not be scored: too short, without any variation, or refused by a model. */
  readonly leftOut: number;
  readonly losses: {
    readonly challenger: number;
    readonly champion: number | null;
    readonly baselines: Readonly<Record<string, number>>;
  };
  /** Who the challenger was measured against, and by how much it is better. */
  readonly rival: string;
  readonly improvement: Improvement;
  /** Share of outcomes that the quantile at .95 covered, and how far that is from .95. */
  readonly coverage: { readonly share: number; readonly error: number };
  readonly classes: readonly ClassResult[];
  readonly verdict: Verdict;
}

export interface Verdict {
  readonly promote: boolean;
  /** A sentence for the card, the event and the log. */
  readonly because: string;
}

export interface Evaluated {
  readonly scores: readonly Score[];
  readonly fromMs: number;
  readonly untilMs: number;
  readonly leftOut: number;
  /** Version of the champion, where there is one. */
  readonly champion: string | undefined;
}

/** Judges a challenger by its scores; the same scores give the same verdict. */
export function judged({ scores, fromMs, untilMs, leftOut, champion }: Evaluated): EvaluationSummary {
  const mean = (read: (score: Score) => number): number => scores.reduce((sum, score) => sum + read(score), 0) / Math.max(1, scores.length);
  const names = Object.keys(scores[0]?.baselines ?? {}).sort();
  const baselines = Object.fromEntries(names.map((name) => [name, mean((score) => score.baselines[name] ?? NaN)]));
  const best = names.reduce((a, b) => ((baselines[b] ?? NaN) < (baselines[a] ?? NaN) ? b : a), names[0] ?? '');
  const rivalOf = champion === undefined ? (score: Score) => score.baselines[best] ?? NaN : (score: Score) => score.champion;
  const rival = champion === undefined ? best : `the champion ${champion}`;
  const improvement = improvementOf(blocksOf(scores, rivalOf), seededRng(SEED));
  const coverage = coverageOf(scores);
  const classes = classesOf(scores, rivalOf);
  const facts = { scores, improvement, coverage, classes, rival, blocks: new Set(scores.map(({ block }) => block)).size };
  return {
    fromMs,
    untilMs,
    streams: new Set(scores.map(({ stream }) => stream)).size,
    scores: scores.length,
    leftOut,
    losses: { challenger: mean((score) => score.challenger), champion: champion === undefined ? null : mean(rivalOf), baselines },
    rival,
    improvement,
    coverage,
    classes,
    verdict: verdictOf(facts),
  };
}

interface Facts extends Pick<EvaluationSummary, 'improvement' | 'coverage' | 'classes' | 'rival'> {
  readonly scores: readonly Score[];
  readonly blocks: number;
}

function verdictOf({ scores, blocks, improvement, coverage, classes, rival }: Facts): Verdict {
  const { share, low, high } = improvement;
  const refused = (because: string): Verdict => ({ promote: false, because });
  if (scores.length === 0) return refused('nothing could be scored: the history is too short');
  if (blocks < BLOCKS_MIN) return refused(`only ${blocks} stretches of time could be scored, which chance alone may decide`);
  if (!Number.isFinite(share)) return refused('its forecasts are not finite');
  const by = `${percent(share)} against ${rival} (90 % interval ${percent(low)} to ${percent(high)})`;
  if (share < IMPROVEMENT_MIN) return refused(`it saves ${by}, at least ${percent(IMPROVEMENT_MIN)} are needed`);
  if (low <= 0) return refused(`it saves ${by}, which may be chance`);
  if (coverage.error > COVERAGE_ERROR_MAX) {
    return refused(`its .95 quantile covers ${percent(coverage.share)} of outcomes, more than ${percent(COVERAGE_ERROR_MAX)} off`);
  }
  const worst = classes.find((each) => each.isJudged && each.improvement < -CLASS_WORSE_MAX);
  if (worst !== undefined)
    return refused(`it saves ${by}, but callers of type ${worst.class} are ${percent(-worst.improvement)} worse off`);
  return { promote: true, because: `it saves ${by} and covers ${percent(coverage.share)} at .95` };
}

function blocksOf(scores: readonly Score[], rivalOf: (score: Score) => number): LossBlock[] {
  const blocks = new Map<number, { challenger: number; rival: number }>();
  for (const score of scores) {
    const block = blocks.get(score.block) ?? { challenger: 0, rival: 0 };
    block.challenger += score.challenger;
    block.rival += rivalOf(score);
    blocks.set(score.block, block);
  }
  return [...blocks.values()];
}

/**
 * Demand is counted in whole values, so that a right quantile may lie on the outcome itself: what counts is whether .95 lies between
 * the share clearly below it and the share at most as high.
 */
function coverageOf(scores: readonly Score[]): { readonly share: number; readonly error: number } {
  const sum = (of: 'below' | 'atMost' | 'outcomes'): number => scores.reduce((total, score) => total + score[of], 0);
  const outcomes = Math.max(1, sum('outcomes'));
  const [low, high] = [sum('below') / outcomes, sum('atMost') / outcomes];
  const nearest = Math.min(high, Math.max(low, COVERAGE_LEVEL));
  return { share: nearest, error: Math.abs(nearest - COVERAGE_LEVEL) };
}

function classesOf(scores: readonly Score[], rivalOf: (score: Score) => number): ClassResult[] {
  const sums = new Map<string, { scores: number; challenger: number; rival: number }>();
  let all = 0;
  for (const score of scores) {
    const sum = sums.get(score.class) ?? { scores: 0, challenger: 0, rival: 0 };
    sum.scores++;
    sum.challenger += score.challenger;
    sum.rival += rivalOf(score);
    all += rivalOf(score);
    sums.set(score.class, sum);
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { scores: count, challenger, rival }]) => ({
      class: name,
      scores: count,
      improvement: shareSaved(challenger, rival),
      isJudged: count >= CLASS_SCORES_MIN && Math.max(challenger, rival) > CLASS_LOSS_SHARE_MIN * all,
    }));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
