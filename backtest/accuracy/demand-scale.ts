/**
 * How much the demand over a lead scatters, origin by origin, as the reactive rule sees it: the unit in which a mixture measures
 * losses and shifts its upper quantiles. Uses nothing after an origin. Source: forecasting study, section 7.1.
 */
import { smoothedRates } from '../../models/series/smoothed-rates.ts';
import { type AccuracyTask, outcome, type TaskSeries } from './task.ts';

/** Weight of the newest bin in the rate. */
const SMOOTHING = 2 / 11;
/** The dispersion forgets a thousandth a bin. */
const DISPERSION_GAIN = 0.001;

/** By origin and lead; origins are in steps of any length. */
export function demandScales(task: AccuracyTask, { history, origins }: TaskSeries): Float64Array {
  const { grid } = task;
  const leads = grid.leadsMs.length;
  const scales = new Float64Array(origins.length * leads);
  const values = history.demand.map((demand, bin) => (history.outages?.[bin] === 1 ? NaN : demand));
  const rates = smoothedRates(values, SMOOTHING);
  grid.leadsMs.forEach((leadMs, lead) => {
    const leadBins = leadMs / history.binMs;
    const factor = grid.of === 'total' ? leadBins : 1;
    let dispersion = 1;
    let next = 0;
    for (let bin = 0; bin <= history.demand.length; bin++) {
      const from = bin - leadBins;
      const mean = (rates[from] ?? NaN) * factor;
      const demand = outcome(history, grid, from, lead);
      if (!Number.isNaN(mean) && !Number.isNaN(demand)) {
        dispersion += DISPERSION_GAIN * ((demand - mean) ** 2 / Math.max(1, mean) - dispersion);
      }
      if (origins[next]?.historyBins !== bin) continue;
      scales[next * leads + lead] = Math.sqrt(Math.max(1, (rates[bin] ?? 1) * factor || 1) * Math.max(1, dispersion));
      next++;
    }
  });
  return scales;
}
