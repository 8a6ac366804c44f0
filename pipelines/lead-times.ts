/**
 * How long orders take: the second longest of the last thousand, so that one pause of the machine does not set the reserve for
 * hours, and one order in five hundred may take longer. That is the shortfall an order is allowed at the default target of stalls.
 * Counted in orders, not in minutes: a quiet stream must not forget what an order costs.
 */
const SAMPLES_KEPT = 1_000;
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
