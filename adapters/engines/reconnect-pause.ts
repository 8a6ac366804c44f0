/** How long to wait before an engine that went away is tried again. */

/** Almost at once at first: most interruptions are restarts of a connection. Later often enough to be back within seconds. */
const RECONNECT_MS_MIN = 50;
const RECONNECT_MS_MAX = 2_000;

/** The pause before attempt `times` (1: the first); chance keeps processes apart that lost the engine together. */
export function reconnectPauseMs(times: number): number {
  const longest = Math.min(RECONNECT_MS_MIN * 2 ** Math.min(times - 1, 20), RECONNECT_MS_MAX);
  return Math.ceil(longest * (0.5 + 0.5 * Math.random()));
}
