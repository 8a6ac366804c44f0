/**
 * Says on a terminal what is waited for where nobody can tell how far it is: for how long already, and how long it takes at most. Nothing
 * is said of what is over within a second, nor into a pipe.
 */
import { duration } from './demo/figures.ts';
import type { Output } from './screen.ts';

const QUIET_MS = 1_000;
const DRAWN_EVERY_MS = 250;
const SECOND_MS = 1_000;
/** Of a terminal that does not say. */
const COLUMNS = 80;

/** What is done now, and how long that may take where it is known. */
export type Step = (what: string, mostMs?: number) => void;

export async function whileWaiting<T>(err: Output, work: (step: Step) => Promise<T>): Promise<T> {
  if (err.isTTY !== true) return await work(() => undefined);
  const beganMs = performance.now();
  let now: { readonly what: string; readonly mostMs: number | undefined; readonly sinceMs: number } | undefined;
  let isLineOpen = false;
  const draw = (): void => {
    const nowMs = performance.now();
    if (now === undefined || nowMs - beganMs < QUIET_MS) return;
    const { what, mostMs, sinceMs } = now;
    const elapsedMs = nowMs - sinceMs;
    const left = mostMs === undefined ? '' : `, ${wholeSeconds(mostMs - elapsedMs)} to go at most`;
    const columns = err.columns === undefined || err.columns === 0 ? COLUMNS : err.columns;
    err.write(`\r\u001b[2K${`${what}: ${wholeSeconds(elapsedMs)}${left}`.slice(0, columns - 1)}`);
    isLineOpen = true;
  };
  const timer = setInterval(draw, DRAWN_EVERY_MS);
  try {
    return await work((what, mostMs) => {
      now = { what, mostMs, sinceMs: performance.now() };
    });
  } finally {
    clearInterval(timer);
    if (isLineOpen) err.write('\r\u001b[2K');
  }
}

function wholeSeconds(ms: number): string {
  return duration(Math.max(1, Math.round(ms / SECOND_MS)) * SECOND_MS);
}
