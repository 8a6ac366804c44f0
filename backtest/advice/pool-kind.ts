/** Which kind of pool fits a stream, told by how it asks: steadily, in jobs, or so seldom that every value may be a transaction. */
import type { StreamAdvice } from '../report/backtest-report.ts';
import { type DemandProfile, peakOver, valuesPerDay } from './demand-profile.ts';

/** Four fifths of all values in so few of the minutes are jobs, whatever else goes on. */
const BULK_MINUTES_SHARE = 0.05;
/** A job that takes fewer values is served from stock in passing. */
const BULK_MINUTE_MIN = 10_000;
/** Every value is a commit there: so many a second a single database does beside its other work. */
const COMMITS_PER_SECOND = 50;
/** And so many a day nobody minds. */
const COMMITS_PER_DAY = 100_000;

export function poolKind(profile: DemandProfile): Pick<StreamAdvice, 'poolKind' | 'because'> {
  const perDay = valuesPerDay(profile);
  const perSecond = peakOver(profile, 1);
  const perMinute = peakOver(profile, 60);
  if (perMinute >= BULK_MINUTE_MIN && profile.busyMinutesShare > 0 && profile.busyMinutesShare <= BULK_MINUTES_SHARE) {
    const share = `${(100 * profile.busyMinutesShare).toFixed(1)} %`;
    return { poolKind: 'analytics', because: `four fifths of its values are asked for in ${share} of the minutes, as jobs do` };
  }
  if (perSecond <= COMMITS_PER_SECOND && perDay <= COMMITS_PER_DAY) {
    const because = `at most ${perSecond} values in a second and ${Math.round(perDay)} a day: a commit each is cheap, and needs no stock`;
    return { poolKind: 'transaction', because };
  }
  return { poolKind: 'throughput', because: `up to ${perSecond} values in a second: only stock in memory answers at that rate` };
}
