/**
 * Online log-regression with schedule terms: recursive least squares on ln(1 + demand) over eight guesses from the past, an
 * empirical quantile of its own standardised errors for the spread, and what the schedule promises on top.
 *
 * Source: ride-through study, section 2, with its constants. Median = max(mu, p), upper quantile = max((mu + 1) exp(z sg), p),
 * where p is the schedule's promise. Needs no training: learns each 30 s, forgets over three weeks.
 */
import { normalQuantile } from '../../core/sizing/reserve.ts';
import { BIN_MS, type Forecaster, orderly, type QuantileQuery } from '../forecaster.ts';
import type { DemandHistory } from '../history/history.ts';
import { DelayLine } from '../mixture/delay-line.ts';
import type { StateReader, StateWriter } from '../state-bytes.ts';
import { Histogram } from './histogram.ts';
import { LeastSquares } from './least-squares.ts';
import { FEATURE_COUNT, INITIAL_WEIGHTS, RegressionFeatures } from './regression-features.ts';
import { Schedule } from './schedule.ts';

/** Each 30 s, with a memory of 60,480 of these: three weeks. */
const LEARN_MS = 30_000;
const KEPT_PER_LEARN = 1 - 1 / 60_480;
/** A forecast stays within 20 times, and 20 values, of the largest guess: exponentials of unseen inputs explode. */
const BOUND = 20;
/** Variance of the log error beyond Poisson scatter: starts at a third either way; its memory is some hours. */
const VARIANCE_START = 0.1;
const VARIANCE_MIN = 0.0002;
const VARIANCE_GAIN = 0.0005;
/** A young stream averages instead, its start counting as ten errors: else its first hours spoil the standardised errors. */
const VARIANCE_START_WEIGHT = 10;
const SQUARE_MAX = 4;
/** Standardised errors: asinh keeps cells narrow around 0 and reaches 300 standard deviations. */
const ERROR_SCALE = { lowest: -6.4, highest: 6.4, memoryBins: (7 * 86_400_000) / BIN_MS };
/** Before this many errors an upper quantile is at least the normal one; before the first few nothing is said. */
const ERRORS_TRUSTED = 300;
const ERRORS_READY = 30;
/** Forecasts that wait for their outcome at a time: eight minutes of them, or longer at a stride. */
const RECORDS_MAX = 48;
const MU = FEATURE_COUNT;
const SPREAD = FEATURE_COUNT + 1;
const PROMISED = FEATURE_COUNT + 2;
const WIDTH = FEATURE_COUNT + 3;

export class LogRegression implements Forecaster {
  readonly id = 'log-regression@1';
  readonly schedule: Schedule;
  /** Median without the schedule, and the schedule's promise, for the horizon from now on. */
  mu = 0;
  promised = 0;
  private spread = 1;
  private variance = VARIANCE_START;
  private horizonMs: number;
  private readonly history: DemandHistory;
  private readonly features: RegressionFeatures;
  private readonly squares = new LeastSquares(INITIAL_WEIGHTS);
  private readonly errors = new Histogram(ERROR_SCALE);
  private line: DelayLine;

  constructor(history: DemandHistory, horizonMs: number) {
    this.history = history;
    this.horizonMs = horizonMs;
    this.features = new RegressionFeatures(history, horizonMs);
    this.schedule = new Schedule(history, horizonMs);
    this.line = new DelayLine({ width: WIDTH, horizonMs, recordsMax: RECORDS_MAX });
  }

  get ready(): boolean {
    return this.errors.count >= ERRORS_READY;
  }

  get bytes(): number {
    return this.squares.bytes + this.errors.bytes + this.line.bytes + this.schedule.bytes;
  }

  /** One standard deviation of the demand over the horizon, as far as the regression's errors tell. */
  get scale(): number {
    return Math.max(1, (this.mu + 1) * this.spread);
  }

  observe(): void {
    const due = this.line.isDue(this.history.nextBin);
    if (due && this.line.matured) this.judge();
    this.schedule.observe();
    this.forecast();
    if (!due) return;
    for (const input of INPUTS) this.line.push(input);
    this.line.push(this.mu);
    this.line.push(this.spread);
    this.line.push(this.promised);
  }

  quantiles(query: QuantileQuery): number[] {
    const quantiles: number[] = [];
    for (const level of query.levels) {
      const z = this.standardQuantile(level);
      const unscheduled = z === 0 ? this.mu : (this.mu + 1) * Math.exp(z * this.spread) - (z < 0 ? 1 : 0);
      quantiles.push(level >= 0.5 ? Math.max(unscheduled, this.promised) : unscheduled);
    }
    return orderly(quantiles, query.horizonMs / this.horizonMs);
  }

  retarget(horizonMs: number): void {
    this.horizonMs = horizonMs;
    this.features.retarget(horizonMs);
    this.schedule.retarget(horizonMs);
    this.line = new DelayLine({ width: WIDTH, horizonMs, recordsMax: RECORDS_MAX });
    this.forecast();
  }

  save(to: StateWriter): void {
    for (const value of [this.mu, this.promised, this.spread, this.variance]) to.number(value);
    this.squares.save(to);
    this.errors.save(to);
    this.line.save(to);
    this.schedule.save(to);
  }

  restore(from: StateReader): void {
    this.mu = from.number();
    this.promised = from.number();
    this.spread = from.number();
    this.variance = from.number();
    this.squares.restore(from);
    this.errors.restore(from);
    this.line.restore(from);
    this.schedule.restore(from);
  }

  private forecast(): void {
    const bound = BOUND * this.features.fill(INPUTS) + BOUND;
    const log = Math.min(this.squares.predict(INPUTS), Math.log1p(bound));
    this.mu = Math.max(0, Math.expm1(log));
    this.spread = Math.sqrt(1 / (this.mu + 1) + this.variance);
    this.promised = this.schedule.promised();
  }

  /** Holds the oldest forecast against what came: errors first, then the weights. */
  private judge(): void {
    const { line, history } = this;
    const demand = history.windowDemand(line.madeAtMs(history.endMs), this.horizonMs);
    const target = Math.log1p(demand);
    const mu = line.oldest(MU);
    const missed = target - Math.log1p(mu);
    // A burst that came as the schedule promised is no error: counted as one, it would widen all quiet hours.
    const error = missed > 0 ? Math.max(0, target - Math.log1p(Math.max(mu, line.oldest(PROMISED)))) : missed;
    this.errors.add(Math.asinh(error / line.oldest(SPREAD)), line.strideBins);
    const square = Math.min(SQUARE_MAX, error * error);
    const gain = Math.max(VARIANCE_GAIN * line.strideBins, 1 / (VARIANCE_START_WEIGHT + this.errors.count));
    this.variance += gain * (square - 1 / (mu + 1) - this.variance);
    this.variance = Math.max(VARIANCE_MIN, this.variance);
    this.learn(target);
  }

  private learn(target: number): void {
    const strideMs = this.line.strideBins * BIN_MS;
    // Records come more often than every 30 s unless the horizon is long.
    const intervalMs = strideMs * Math.max(1, Math.round(LEARN_MS / strideMs));
    if (this.history.endMs % intervalMs !== 0) return;
    for (let i = 0; i < FEATURE_COUNT; i++) INPUTS[i] = this.line.oldest(i);
    this.squares.learn(INPUTS, target, KEPT_PER_LEARN ** (intervalMs / LEARN_MS));
  }

  private standardQuantile(level: number): number {
    if (level === 0.5) return 0;
    const normal = level > 0.5 ? normalQuantile(level) : -normalQuantile(1 - level);
    if (this.errors.count < ERRORS_READY) return normal;
    const seen = Math.sinh(this.errors.quantile(level));
    if (level < 0.5) return Math.min(0, seen);
    return this.errors.count < ERRORS_TRUSTED ? Math.max(normal, seen) : Math.max(0, seen);
  }
}

/** Inputs of one forecast or record: scratch, filled before each use. */
const INPUTS = new Float64Array(FEATURE_COUNT);
