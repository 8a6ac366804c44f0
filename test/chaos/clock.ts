/** The one clock of a run: milliseconds since the epoch that never go back, whoever sets the machine's clock meanwhile. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
