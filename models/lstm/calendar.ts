/** Hour of the day and day of the week as a network reads them: points on circles, so that midnight lies beside midnight. */

const DAY_MS = 24 * 3_600_000;
/** The epoch began on a Thursday; weeks begin on Mondays. */
const EPOCH_WEEKDAY_MS = 3 * DAY_MS;

/** Four numbers from `at` on: sine and cosine of the hour, then of the weekday. */
export function writeCalendar(out: Float32Array, at: number, timeMs: number): void {
  const day = ((timeMs % DAY_MS) / DAY_MS) * 2 * Math.PI;
  const week = (((timeMs + EPOCH_WEEKDAY_MS) % (7 * DAY_MS)) / (7 * DAY_MS)) * 2 * Math.PI;
  out[at] = Math.sin(day);
  out[at + 1] = Math.cos(day);
  out[at + 2] = Math.sin(week);
  out[at + 3] = Math.cos(week);
}
