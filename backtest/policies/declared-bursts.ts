/**
 * Announced bursts on top of a forecast, as the live stages treat them: the forecast stage adds them to every window that they fall
 * into, and the allocation stage raises the reserve before they begin. All are known from the start: how early somebody said so does
 * not matter.
 */
import type { HorizonDemand } from '../../core/sizing/reserve.ts';
import { type AnnouncedBursts, peakBurstRate } from '../../pipelines/announced-bursts.ts';
import { emptyExpectations, noteDemand, onBurstDeclared, withExpectations } from '../../pipelines/expectations.ts';
import type { BurstDeclared, ConsumptionEvent } from '../../schemas/messages.ts';
import type { ForecastFeed } from './forecast-feed.ts';

export interface DeclaredBurst {
  /** Seconds since the trace began. */
  readonly fromS: number;
  readonly untilS: number;
  /** Values per second. */
  readonly rate: number;
}

/** Beside the lead time, the allocation stage looks ahead as long as a decision may take to be made again, eight times over. */
const FORESEEN_MS = 2_000;
const STREAM = 'backtest/declared/burst';

export class DeclaredForecast implements ForecastFeed {
  rate = 0;
  meanSqrtRate = 0;
  horizons: readonly HorizonDemand[] = [];
  private readonly own: ForecastFeed;
  private readonly bursts: AnnouncedBursts;
  private readonly expectations = emptyExpectations();
  private readonly startMs: number;
  private seconds = 0;

  constructor(own: ForecastFeed, startMs: number, bursts: readonly DeclaredBurst[]) {
    this.own = own;
    this.startMs = startMs;
    this.bursts = bursts.map(({ fromS, untilS, rate }): BurstDeclared => {
      return { kind: 'BurstDeclared', stream: STREAM, rate, fromMs: startMs + fromS * 1_000, untilMs: startMs + untilS * 1_000 };
    });
    for (const burst of this.bursts) onBurstDeclared(this.expectations, burst);
  }

  /** A forecast goes out with each report, that is each second. */
  second(demand: number): boolean {
    this.own.second(demand);
    const event = this.reported(demand);
    noteDemand(this.expectations, event);
    const { rate, meanSqrtRate, horizons } = this.own;
    const said = withExpectations(this.expectations, event, { rate, meanSqrtRate, horizons, by: '' });
    this.rate = said.rate;
    this.meanSqrtRate = said.meanSqrtRate;
    this.horizons = said.horizons;
    return true;
  }

  /** The most that bursts ask for a second between now and when an order that is placed soon is usable. */
  declaredRate(leadTimeMs: number): number {
    const nowMs = this.startMs + this.seconds * 1_000;
    return peakBurstRate(this.bursts, nowMs, nowMs + leadTimeMs + FORESEEN_MS);
  }

  private reported(demand: number): ConsumptionEvent {
    const fromMs = this.startMs + this.seconds * 1_000;
    this.seconds++;
    return {
      ...REPORT,
      sequenceNumber: this.seconds,
      fromMs,
      toMs: fromMs + 1_000,
      issued: demand,
      demanded: demand,
      peakPerSecond: demand,
    };
  }
}

/** What a pool reports beside its demand does not matter here. */
const REPORT: ConsumptionEvent = {
  kind: 'ConsumptionEvent',
  stream: STREAM,
  pool: 'backtest',
  incarnation: 'backtest',
  sequenceNumber: 1,
  fromMs: 0,
  toMs: 0,
  issued: 0,
  returned: 0,
  requests: 0,
  stalls: 0,
  demanded: 0,
  stock: 0,
  waiting: 0,
  seenOffset: -1,
  peakPerSecond: 0,
  leadTimeMs: 0,
  largestRequest: 1,
  cursors: [],
};
