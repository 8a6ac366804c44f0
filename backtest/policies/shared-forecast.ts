/**
 * One forecast for several runs over the same demand, which are fed second by second together: it is the dearest part of a run, and does
 * not depend on what is done with it. Each run sees it as of the end of its own last second, however far the others are.
 */
import { assert } from '../../core/assertion.ts';
import type { HorizonDemand } from '../../core/sizing/reserve.ts';
import type { ForecastFeed } from './forecast-feed.ts';

export class SharedForecast {
  private readonly feed: ForecastFeed;
  private seconds = 0;
  private isNew = false;

  constructor(feed: ForecastFeed) {
    this.feed = feed;
  }

  /** The forecast as one more run sees it, from the start of the trace. */
  view(): ForecastFeed {
    return new ForecastView((seconds, demand) => this.at(seconds, demand));
  }

  private at(seconds: number, demand: number): ForecastFeed | undefined {
    if (seconds > this.seconds) {
      this.isNew = this.feed.second(demand);
      this.seconds++;
    }
    assert(seconds === this.seconds, 'runs that share a forecast are fed the same seconds in turn');
    return this.isNew ? this.feed : undefined;
  }
}

class ForecastView implements ForecastFeed {
  rate = 0;
  meanSqrtRate = 0;
  horizons: readonly HorizonDemand[] = [];
  private readonly at: (seconds: number, demand: number) => ForecastFeed | undefined;
  private seconds = 0;

  constructor(at: (seconds: number, demand: number) => ForecastFeed | undefined) {
    this.at = at;
  }

  second(demand: number): boolean {
    const feed = this.at(++this.seconds, demand);
    if (feed === undefined) return false;
    this.rate = feed.rate;
    this.meanSqrtRate = feed.meanSqrtRate;
    this.horizons = feed.horizons;
    return true;
  }
}
