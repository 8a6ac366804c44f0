/**
 * The newsvendor's rule over any forecaster: when the position is below the quantile of the demand until the next order's values are
 * usable, order up to the quantile of one review period more. With a ride-through both reach that much further.
 *
 * Quantiles of the two may be all but equal (a burst within the nearer one). Lest it then orders value by value, an order lasts a
 * review period at the rate of the last minute at least.
 */
import type { Policy, StockView } from '../harness/policy.ts';
import type { DemandQuantiles } from './forecasters/demand-quantiles.ts';
import { positionOf } from './reorder-point.ts';

/** One order a minute, where forecasts are right. */
export const REVIEW_S = 60;
const RATE_SPAN_S = 60;
/** Cost of a stalled request over that and the cost of an idle value: a stall is as bad as a thousand idle values. */
const SERVICE_LEVEL = 0.999;

export interface NewsvendorOptions {
  readonly leadTimeS: number;
  readonly rideThroughS?: number;
  readonly reviewS?: number;
  readonly level?: number;
}

/** Horizons that the rule asks its forecaster about: until the next order's values are usable, and a review period more. */
export function newsvendorHorizonsS({ leadTimeS, rideThroughS = 0, reviewS = REVIEW_S }: NewsvendorOptions): readonly [number, number] {
  // After an outage, supply is back a lead time later.
  const coverS = rideThroughS > 0 ? rideThroughS + 2 * leadTimeS : leadTimeS;
  return [coverS + reviewS, coverS + 2 * reviewS];
}

export function newsvendor(forecaster: DemandQuantiles, options: NewsvendorOptions): Policy {
  const [untilS, upToS] = newsvendorHorizonsS(options);
  return new Newsvendor(forecaster, untilS, upToS, options.level ?? SERVICE_LEVEL);
}

class Newsvendor implements Policy {
  readonly name: string;
  readonly lostAfterS = Number.POSITIVE_INFINITY;
  readonly returnsAtStop = true;
  private readonly forecaster: DemandQuantiles;
  private readonly untilS: number;
  private readonly upToS: number;
  private readonly level: number;
  private readonly reviewS: number;
  private rate = 0;
  private seconds = 0;
  private below = 0;
  private upTo = 0;
  private onOrder = 0;

  constructor(forecaster: DemandQuantiles, untilS: number, upToS: number, level: number) {
    this.reviewS = upToS - untilS;
    this.name = `newsvendor, ${forecaster.name}`;
    this.forecaster = forecaster;
    this.untilS = untilS;
    this.upToS = upToS;
    this.level = level;
  }

  get alertAt(): number {
    return Math.ceil(this.below) - 1 - this.onOrder;
  }

  get reorderPoint(): number {
    return this.below;
  }

  order(view: StockView): number {
    const position = positionOf(view);
    const count = position < this.below ? this.size(position) : forWaiting(view, position);
    this.onOrder += count;
    return count;
  }

  delivered(count: number): void {
    this.onOrder -= count;
  }

  private size(position: number): number {
    return Math.max(1, Math.ceil(Math.max(this.upTo, this.below + this.rate * this.reviewS) - position));
  }

  secondEnded(demand: number, view: StockView): number {
    if (this.forecaster.observe(demand)) {
      this.below = this.forecaster.quantile(this.level, this.untilS);
      this.upTo = this.forecaster.quantile(this.level, this.upToS);
    }
    this.seconds++;
    this.rate += (demand - this.rate) / Math.min(this.seconds, RATE_SPAN_S);
    return this.order(view);
  }
}

/** Before the first forecast there is nothing to go by but callers who wait. */
function forWaiting({ waiting }: StockView, position: number): number {
  return waiting > 0 && position < 0 ? -position : 0;
}
