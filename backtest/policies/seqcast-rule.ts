/**
 * The live rule as a policy: the decisions are `core/sizing`'s own, on forecasts by `models`; what is here is the pool's side, its fast
 * rate and when it asks.
 *
 * `seqcastRule(demand.startMs, settings)` forecasts as it goes; `seqcastRuleOn(track, settings)` reads what was forecast once.
 */
import { type DecisionInput, decide } from '../../core/sizing/decision.ts';
import { economicSize } from '../../core/sizing/order-size.ts';
import { type HorizonDemand, type ReserveInput, reserve } from '../../core/sizing/reserve.ts';
import { surplus } from '../../core/sizing/surplus.ts';
import type { Policy, StockView } from '../harness/policy.ts';
import { type DeclaredBurst, DeclaredForecast } from './declared-bursts.ts';
import { type ForecastFeed, LiveForecast, PeakForecast, peaksOf, TrackForecast } from './forecast-feed.ts';
import { type ForecastTrack, horizonsMsOf } from './forecast-track.ts';
import { type MinuteVoices, speakingUp } from './minute-voices.ts';

/** As in the live meter: the rate of the last seconds, and the least part of a second that is taken for a rate. */
const FAST_GAIN = 1 / 5;
const FAST_SPAN_S_MIN = 0.1;

export interface SeqcastSettings {
  readonly name?: string;
  /** What it plans with: a high quantile of what orders take. */
  readonly leadTimeS: number;
  readonly rideThroughS: number;
  readonly rideThroughClass: 'expected' | 'insured';
  readonly targetStallsPpm: number;
  /** Stock that is not needed goes back to the ledger; true where left out. */
  readonly returns?: boolean;
  /** Multiplies what is held for the ride-through: the knob by which policies are brought to the same survival. */
  readonly rideThroughFactor?: number;
  /** `ALLOCATIONS_PER_HOUR` where left out. */
  readonly allocationsPerHour?: number;
  readonly declared?: readonly DeclaredBurst[];
  /** False: the same rule on remembered peaks only. */
  readonly forecast?: boolean;
  /** What an LSTM said of the trace, minute by minute. */
  readonly voices?: MinuteVoices;
}

/** Forecasts in the run itself; `startMs` is the trace's. */
export function seqcastRule(startMs: number, settings: SeqcastSettings): Policy {
  const horizonsMs = horizonsMsOf(settings.leadTimeS * 1_000, settings.rideThroughS * 1_000);
  const said = settings.voices === undefined ? undefined : speakingUp(settings.voices);
  const isForecast = settings.forecast ?? true;
  const feed = isForecast ? new LiveForecast(startMs, horizonsMs, said) : new PeakForecast(startMs, horizonsMs);
  return new SeqcastRule(settings, declaredOn(feed, startMs, settings));
}

/** On a forecast that several runs share: see `SharedForecast`. */
export function seqcastRuleFed(feed: ForecastFeed, settings: SeqcastSettings): Policy {
  return new SeqcastRule(settings, feed);
}

/** Reads forecasts that were made along the trace before, for the same lead time and ride-through; `fromS`: where the run begins. */
export function seqcastRuleOn(track: ForecastTrack, settings: SeqcastSettings, fromS = 0): Policy {
  const feed = new TrackForecast(settings.forecast === false ? peaksOf(track) : track, fromS);
  return new SeqcastRule(settings, declaredOn(feed, fromS * 1_000, settings), fromS);
}

function declaredOn(feed: ForecastFeed, startMs: number, { declared }: SeqcastSettings): ForecastFeed {
  return declared === undefined || declared.length === 0 ? feed : new DeclaredForecast(feed, startMs, declared);
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

class SeqcastRule implements Policy {
  readonly name: string;
  readonly lostAfterS = Infinity;
  readonly returnsAtStop = true;
  reorderPoint = 0;
  private readonly settings: SeqcastSettings;
  private readonly feed: ForecastFeed;
  /** What `reserve` is asked with, written over: objects of their own would cost more than the run. */
  private readonly input: Writable<ReserveInput>;
  private orderSize = 0;
  private fastEwma = 0;
  private fastSeconds = 0;
  private lastOrderSize = 0;
  private lastOrderAtS = Number.NEGATIVE_INFINITY;
  private lastReturnAtS: number;

  constructor(settings: SeqcastSettings, feed: ForecastFeed, fromS = 0) {
    this.name = settings.name ?? (settings.forecast === false ? 'seqcast without forecast' : 'seqcast');
    this.settings = settings;
    this.feed = feed;
    this.lastReturnAtS = fromS;
    const { leadTimeS, rideThroughS, rideThroughClass, targetStallsPpm } = settings;
    this.input = {
      leadTimeMs: leadTimeS * 1_000,
      rideThroughMs: rideThroughS * 1_000,
      rideThroughClass,
      targetStallsPpm,
      horizons: [],
      requestSize: 1,
      declaredRate: 0,
      fastRate: 0,
    };
    this.plan();
  }

  get alertAt(): number {
    return this.reorderPoint;
  }

  order(view: StockView): number {
    if (view.stock - view.waiting + view.onOrder > this.reorderPoint) return 0;
    const soFar = view.arrived / Math.max(FAST_SPAN_S_MIN, view.elapsedS);
    return this.decided('order', view, Math.max(this.fastEwma, soFar));
  }

  /** Each second a forecast message reaches the allocator, with what the pool holds. */
  secondEnded(demand: number, view: StockView): number {
    this.fastSeconds++;
    this.fastEwma += (demand - this.fastEwma) * Math.max(FAST_GAIN, 1 / this.fastSeconds);
    const isNew = this.feed.second(demand);
    // Before the first forecast the rate of the moment is all there is to plan with.
    if (isNew || this.feed.horizons.length === 0) this.plan();
    const { stock, waiting, onOrder } = view;
    if (stock - waiting + onOrder > this.reorderPoint && !this.isOverfull(view)) return 0;
    const { rate } = this.feed;
    return this.decided('forecast', view, waiting > 0 ? Math.max(rate, this.fastEwma) : rate);
  }

  private plan(): void {
    const { feed, input } = this;
    this.orderSize = economicSize(feed.rate, feed.meanSqrtRate, this.settings.allocationsPerHour);
    input.horizons = this.scaled(feed.horizons);
    input.fastRate = feed.horizons.length === 0 ? this.fastEwma : feed.rate;
    if (feed instanceof DeclaredForecast) input.declaredRate = feed.declaredRate(input.leadTimeMs);
    this.reorderPoint = reserve(input).reorderPoint;
  }

  private scaled(horizons: readonly HorizonDemand[]): readonly HorizonDemand[] {
    const { rideThroughFactor } = this.settings;
    if (rideThroughFactor === undefined) return horizons;
    return horizons.map((each, i) => {
      return i === 0 ? each : { ...each, upper: rideThroughFactor * each.upper, insured: rideThroughFactor * each.insured };
    });
  }

  /** Asked before `decide`, which says the same: a decision costs more than most seconds are worth. */
  private isOverfull({ atS, stock, waiting, onOrder }: StockView): boolean {
    const { reorderPoint, orderSize } = this;
    if (this.settings.returns === false || stock <= reorderPoint + orderSize) return false;
    const sinceLastReturnMs = (atS - this.lastReturnAtS) * 1_000;
    return surplus({ stock, waiting, onOrder, reorderPoint, orderSize, sinceLastReturnMs }) > 0;
  }

  private decided(trigger: DecisionInput['trigger'], { atS, stock, waiting, onOrder }: StockView, fastRate: number): number {
    const { feed, lastOrderSize, settings } = this;
    const outcome = decide({
      ...this.input,
      trigger,
      nowMs: atS * 1_000,
      stock,
      waiting,
      onOrder,
      fastRate,
      rate: feed.rate,
      meanSqrtRate: feed.meanSqrtRate,
      forecastAtMs: 0,
      lastOrderSize,
      lastOrderAtMs: this.lastOrderAtS * 1_000,
      lastReturnAtMs: this.lastReturnAtS * 1_000,
      allocationsPerHour: settings.allocationsPerHour,
    });
    if (outcome.kind === 'order') {
      this.lastOrderSize = outcome.count;
      this.lastOrderAtS = atS;
      return outcome.count;
    }
    if (outcome.kind === 'nothing' || settings.returns === false) return 0;
    this.lastReturnAtS = atS;
    return -outcome.surplus;
  }
}
