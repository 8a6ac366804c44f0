/** How soon is soon: the steps at which somebody is told that a sequence runs out. */

/** A quarter to plan a wider column, a month to do it, a week to be alarmed. */
const WARNING_DAYS = [90, 30, 7] as const;
export type WarningDays = (typeof WARNING_DAYS)[number];

const DAY_MS = 86_400_000;

/** The nearest step that the early date lies within; undefined while there is more time than that. */
export function warningOf(earlyMs: number, nowMs: number): WarningDays | undefined {
  return WARNING_DAYS.findLast((days) => earlyMs - nowMs <= days * DAY_MS);
}
