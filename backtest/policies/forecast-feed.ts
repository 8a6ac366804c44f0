/**
 * What the rule is told of the demand to come, second by second: forecast in the same run (a stream longer than memory), read from a
 * track that was forecast once (many runs over one trace), or nothing but remembered peaks (what a forecast has to beat).
 */

import { assert } from '../../core/assertion.ts';
import type { HorizonDemand } from '../../core/sizing/reserve.ts';
import { BIN_MS } from '../../models/forecaster.ts';
import { FIVE_S } from '../../models/history/five-seconds.ts';
import { DemandHistory, HORIZON_MS_MAX } from '../../models/history/history.ts';
import { remembered } from '../../models/history/peak-memory.ts';
import { CAP_FACTOR, raisedBySeen } from '../../models/history/seen-demand.ts';
import { StreamForecast } from '../../models/stream-forecast.ts';
import { BIN_S, type ForecastTrack } from './forecast-track.ts';

export interface ForecastFeed {
  /** Values per second over the last minute, and the long-run mean of its square root. */
  readonly rate: number;
  readonly meanSqrtRate: number;
  /** Lead time first, then the ride-through where there is one; empty before the first forecast. May be written over by the next. */
  readonly horizons: readonly HorizonDemand[];
  /** Takes in a second's demand. True when what it says is new. */
  second(demand: number): boolean;
}

/** As the forecast stage does it: bins of ten seconds are learnt, and forecasts made at the end of each. */
export class LiveForecast implements ForecastFeed {
  horizons: readonly HorizonDemand[] = [];
  readonly stream = new StreamForecast();
  /** As of the end of the last bin. */
  private said: readonly HorizonDemand[];
  private readonly bin: OpenBin;
  private readonly beforeBin: ((stream: StreamForecast, binStartMs: number) => void) | undefined;

  /** `beforeBin`: see `TrackOptions`. */
  constructor(startMs: number, horizonsMs: readonly number[], beforeBin?: (stream: StreamForecast, binStartMs: number) => void) {
    this.bin = new OpenBin(startMs);
    this.beforeBin = beforeBin;
    this.stream.watch(horizonsMs);
    this.said = this.stream.forecasts();
  }

  get rate(): number {
    return this.stream.rate;
  }

  get meanSqrtRate(): number {
    return this.stream.meanSqrtRate;
  }

  second(demand: number): boolean {
    const { bin, stream } = this;
    if (!bin.add(demand)) return this.raise();
    this.beforeBin?.(stream, bin.startMs);
    stream.observe(bin.startMs, bin.demand, bin.peak, bin.five);
    bin.end();
    this.said = stream.forecasts();
    this.horizons = this.said;
    return true;
  }

  private raise(): boolean {
    const before = this.horizons;
    this.horizons = raised(this.said, before, this.bin);
    return this.horizons !== before;
  }
}

/** The track's forecasts, from the second on at which the run begins. */
export class TrackForecast implements ForecastFeed {
  rate = 0;
  meanSqrtRate = 0;
  horizons: readonly HorizonDemand[] = [];
  private readonly said: readonly Writable<HorizonDemand>[];
  private readonly track: ForecastTrack;
  private readonly bin = new OpenBin(0);
  private nextBin: number;

  constructor(track: ForecastTrack, fromS = 0) {
    assert(fromS % BIN_S === 0, 'a run over a track begins with a bin');
    this.track = track;
    this.said = unknown(track.horizons.map(({ horizonMs }) => horizonMs));
    this.nextBin = fromS / BIN_S;
    if (this.nextBin > 0) this.read(this.nextBin - 1);
  }

  second(demand: number): boolean {
    if (!this.bin.add(demand)) {
      const before = this.horizons;
      this.horizons = raised(this.said, before, this.bin);
      return this.horizons !== before;
    }
    this.bin.end();
    this.read(this.nextBin++);
    return true;
  }

  private read(bin: number): void {
    const { track } = this;
    this.horizons = this.said;
    this.rate = track.rate[bin] ?? 0;
    this.meanSqrtRate = track.meanSqrtRate[bin] ?? 0;
    for (let i = 0; i < this.said.length; i++) {
      const horizon = this.said[i];
      const said = track.horizons[i];
      if (horizon === undefined || said === undefined) continue;
      horizon.median = said.median[bin] ?? 0;
      horizon.upper = said.upper[bin] ?? 0;
      horizon.cap = said.cap[bin] ?? 0;
      horizon.insured = said.insured[bin] ?? 0;
    }
  }
}

/** A quarter above the largest demand of the last month, whatever may come: the rule without a forecast. */
export class PeakForecast implements ForecastFeed {
  horizons: readonly HorizonDemand[] = [];
  private readonly history = new DemandHistory();
  private readonly bin: OpenBin;
  private readonly horizonsMs: readonly number[];
  private readonly peaks: number[];
  private said: readonly HorizonDemand[];

  constructor(startMs: number, horizonsMs: readonly number[]) {
    this.said = unknown(horizonsMs);
    this.bin = new OpenBin(startMs);
    this.horizonsMs = horizonsMs;
    this.peaks = horizonsMs.map(() => 0);
  }

  get rate(): number {
    return this.history.rates.minute;
  }

  get meanSqrtRate(): number {
    return this.history.rates.meanSqrt;
  }

  second(demand: number): boolean {
    const { bin, history } = this;
    if (!bin.add(demand)) {
      const before = this.horizons;
      this.horizons = raised(this.said, before, bin);
      return this.horizons !== before;
    }
    history.observe(bin.startMs, bin.demand, bin.peak, bin.five);
    bin.end();
    this.said = this.horizonsMs.map((horizonMs, i) => {
      const knownMs = Math.max(SECOND_MS, Math.min(horizonMs, HORIZON_MS_MAX));
      const peak = remembered(this.peaks[i] ?? 0, history.newestPeak(knownMs));
      this.peaks[i] = peak;
      const cap = (CAP_FACTOR * peak * Math.max(SECOND_MS, horizonMs)) / knownMs;
      return { horizonMs: Math.max(SECOND_MS, horizonMs), median: 0, upper: cap, cap, insured: cap };
    });
    this.horizons = this.said;
    return true;
  }
}

/** The same from a track: its caps are remembered peaks. */
export function peaksOf(track: ForecastTrack): ForecastTrack {
  return { ...track, horizons: track.horizons.map((each) => ({ ...each, upper: each.cap, insured: each.cap })) };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const SECOND_MS = 1_000;

/** What is said before the first bin is over. */
function unknown(horizonsMs: readonly number[]): HorizonDemand[] {
  return horizonsMs.map((horizonMs) => ({ horizonMs: Math.max(SECOND_MS, horizonMs), median: 0, upper: 0, cap: 0, insured: 0 }));
}

/** What the open bin shows raises what was said at its start: the same object where it does not, or not further. */
function raised(said: readonly HorizonDemand[], before: readonly HorizonDemand[], bin: OpenBin): readonly HorizonDemand[] {
  let now = before.length === 0 ? said : before;
  for (let i = 0; i < said.length; i++) {
    const own = said[i];
    const insured = now[i]?.insured ?? 0;
    // Nothing is raised to more than its cap: most seconds need no more than this.
    if (own === undefined || own.horizonMs > BIN_MS || (CAP_FACTOR * bin.peak * own.horizonMs) / 1_000 <= insured) continue;
    const higher = raisedBySeen(own, bin.peak, bin.five);
    if (higher.insured > insured) now = now.with(i, higher);
  }
  return now;
}

/** Five seconds before the bin, and its own. */
const NEWEST_KEPT = 16;

/** Seconds become a bin. Most need no more of it than its busiest second: the rest is added up when it is asked for. */
class OpenBin {
  startMs: number;
  peak = 0;
  private seconds = 0;
  private readonly newest = new Float64Array(NEWEST_KEPT);
  private next = 0;

  constructor(startMs: number) {
    this.startMs = startMs;
  }

  get demand(): number {
    let sum = 0;
    for (let age = 1; age <= this.seconds; age++) sum += this.at(age);
    return sum;
  }

  /** The most that five seconds asked for which end in it. */
  get five(): number {
    let most = 0;
    for (let end = 1; end <= this.seconds; end++) {
      let sum = 0;
      for (let age = end; age < end + FIVE_S; age++) sum += this.at(age);
      most = Math.max(most, sum);
    }
    return most;
  }

  /** True when the bin is complete. */
  add(demand: number): boolean {
    this.newest[this.next] = demand;
    this.next = (this.next + 1) % NEWEST_KEPT;
    if (demand > this.peak) this.peak = demand;
    return ++this.seconds === BIN_S;
  }

  end(): void {
    this.startMs += BIN_MS;
    this.peak = 0;
    this.seconds = 0;
  }

  /** Demand of the newest second (1), the one before (2), … */
  private at(age: number): number {
    return this.newest[(this.next - age + NEWEST_KEPT) % NEWEST_KEPT] ?? 0;
  }
}
