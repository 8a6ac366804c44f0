/**
 * How long orders take: the second longest of the last two hundred, so that one pause of the machine does not set the reserve for
 * hours, and two of them do. One order in a hundred may take longer, and its stream may stall; a thousand orders kept instead cost
 * three to five times the idle stock in the demo, because every pause was remembered for a day.
 * Counted in orders, not in minutes: a quiet stream must not forget what an order costs.
 */
const SAMPLES_KEPT = 200;
/** Below a millisecond a lead time is the resolution of the clock. */
const LEAD_TIME_MS_MIN = 1;

/** Newest last. */
export type LeadTimes = number[];

export function noteLeadTime(samples: LeadTimes, leadTimeMs: number): void {
  samples.push(leadTimeMs);
  if (samples.length > SAMPLES_KEPT) samples.shift();
}

/** What to plan for; of a single sample that one. */
export function plannedLeadTimeMs(samples: LeadTimes): number {
  let longest = LEAD_TIME_MS_MIN;
  let second = LEAD_TIME_MS_MIN;
  for (const sample of samples) {
    if (sample >= longest) {
      second = longest;
      longest = sample;
    } else if (sample > second) second = sample;
  }
  return samples.length < 2 ? longest : second;
}
