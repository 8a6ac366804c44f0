/** What each family of fitted models is asked: from which past, in which bins, for which leads, and how often. */
import type { LeadGrid } from '../../../models/contract.ts';
import type { NewestBins } from '../../../models/history/history.ts';
import { binsLookedAt } from '../../../models/lstm/parts.ts';
import { historyBinsMin, LIVE_SPEC } from '../../../models/lstm/spec.ts';
import type { ExpertFamily } from '../../../models/mixture/expert-voices.ts';

export interface ExpertPlan {
  readonly binMs: number;
  /** The newest bins it is shown, and how many there must be. */
  readonly historyBins: number;
  readonly historyBinsMin: number;
  /** What it looks at of them, where that is not all: the others are not read, and shown as NaN. */
  readonly parts?: readonly NewestBins[];
  readonly grid: LeadGrid;
  /** Fitted to each stream by itself, on these seasons; left out where one model, trained elsewhere, serves all. */
  readonly seasonsBins?: readonly number[];
}

const MINUTE_MS = 60_000;
const FIVE_MINUTES_MS = 300_000;
const HOUR_MS = 3_600_000;
/** The mixture asks for the median and .99; between them the others keep the spread straight. */
const LEVELS = [0.5, 0.9, 0.95, 0.99];

function totals(binMs: number, leadsBins: readonly number[]): LeadGrid {
  return { leadsMs: leadsBins.map((bins) => bins * binMs), levels: LEVELS, of: 'total' };
}

export const EXPERT_PLANS: Readonly<Record<ExpertFamily, ExpertPlan>> = {
  lstm: {
    binMs: LIVE_SPEC.binMs,
    // A week, and the day before it for its level: no feature reaches back further.
    historyBins: 8 * 1_440,
    historyBinsMin: historyBinsMin(LIVE_SPEC),
    parts: binsLookedAt(LIVE_SPEC),
    grid: totals(MINUTE_MS, LIVE_SPEC.leadsBins),
  },
  ets: {
    binMs: FIVE_MINUTES_MS,
    // Six days are what it weighs, and a seventh to begin with.
    historyBins: 7 * 288,
    historyBinsMin: 3 * 288,
    grid: totals(FIVE_MINUTES_MS, [1, 2, 3, 6, 12, 24]),
    seasonsBins: [288],
  },
  // A season of 288 bins is beyond what can be fitted to either in a second: they look at hours, and speak of long ride-throughs only.
  arima: { binMs: HOUR_MS, historyBins: 500, historyBinsMin: 10 * 24, grid: totals(HOUR_MS, [1, 2, 3, 4, 6]), seasonsBins: [24] },
  prophet: {
    binMs: HOUR_MS,
    historyBins: 6 * 168,
    historyBinsMin: 2 * 168,
    grid: totals(HOUR_MS, [1, 2, 3, 4, 6]),
    seasonsBins: [24, 168],
  },
};
