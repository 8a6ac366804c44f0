/**
 * The same minutes of last week, or of yesterday while no week is known, come again, and scatter as they have. Before a day is over
 * the mean of what is known goes on. The bar that a learnt forecast has to clear.
 */
import type { DemandQuantiles } from './demand-quantiles.ts';
import { MINUTE_S, Scatter } from './scatter.ts';

const DAY_MINUTES = 1_440;
const WEEK_MINUTES = 7 * DAY_MINUTES;
/** A horizon of up to a day that begins a week ago lies within. */
const KEPT_MINUTES = WEEK_MINUTES + 1;

export function seasonalNaiveQuantiles(): DemandQuantiles {
  /** Demand before the start of each minute, the last ones of them in a ring. */
  const totals = new Float64Array(KEPT_MINUTES);
  const scatter = new Scatter();
  let minutes = 0;
  let total = 0;
  let seconds = 0;

  const totalBefore = (minute: number): number => totals[minute % KEPT_MINUTES] ?? 0;

  /** Where there is no such minute yet, or no more, the mean of all. */
  function demandOf(fromMinute: number, horizonS: number): number {
    const last = fromMinute + horizonS / MINUTE_S;
    if (fromMinute < 0 || last > minutes) return minutes === 0 ? 0 : (total / minutes) * (horizonS / MINUTE_S);
    const whole = Math.floor(last);
    const part = last - whole;
    const partly = part === 0 ? 0 : part * (totalBefore(whole + 1) - totalBefore(whole));
    return totalBefore(whole) - totalBefore(fromMinute) + partly;
  }

  function point(horizonS: number): number {
    return demandOf(minutes - (minutes >= WEEK_MINUTES ? WEEK_MINUTES : DAY_MINUTES), horizonS);
  }

  return {
    name: 'seasonal naive',
    observe(demand) {
      total += demand;
      seconds++;
      if (seconds % MINUTE_S !== 0) return false;
      const ofMinute = total - totalBefore(minutes);
      if (minutes >= DAY_MINUTES) scatter.learn(point(MINUTE_S), ofMinute);
      minutes++;
      totals[minutes % KEPT_MINUTES] = total;
      return true;
    },
    quantile: (level, horizonS) => scatter.quantile(level, point(horizonS), horizonS),
  };
}
