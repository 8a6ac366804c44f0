/**
 * How large the next block should be and how early to ask for it, by the client's own pace.
 *
 * A block should last 1 to 10 seconds: long enough that requests cost nothing, short enough that a client which dies without
 * giving back loses little. It is asked for when what is in hand lasts twice a round trip, so that nobody waits for it.
 */

/** The server takes no larger count. */
export const COUNT_MAX = 10_000;

export function isCount(count: number): boolean {
  return Number.isInteger(count) && count >= 1 && count <= COUNT_MAX;
}

/** A client that asks once and stops should not cost a large block. */
const FIRST_SIZE = 8;
/** A block that lasts less is doubled, one that lasts longer is halved. */
const LASTS_MS_MIN = 1_000;
const LASTS_MS_MAX = 10_000;
/** The round trip may take longer next time, or the client may hurry. */
const ROUND_TRIPS_AHEAD = 2;
/** Values taken faster than this clock ticks were taken within a tick. */
const CLOCK_TICK_MS = 0.001;
/** A slow answer counts at once; it is forgotten over some ten fast ones. */
const ROUND_TRIP_MEMORY = 0.8;

export class Pace {
  #size = FIRST_SIZE;
  #valuesPerMs: number | undefined;
  #roundTripMs = 0;
  #askedAtMs = 0;
  /**
   * The pace is measured from one fetch to the next, by what was taken from the hand: neither the time in which nothing was in hand
   * nor the values of those who waited through it say how fast the client would have gone.
   */
  #windowStartMs: number | undefined;
  #takenBefore = 0;
  #emptySinceMs: number | undefined;
  #emptyMs = 0;

  get size(): number {
    return this.#size;
  }

  /** Ask for the next block when no more than this is in hand. Before anything is known: half of the block. */
  get mark(): number {
    if (this.#valuesPerMs === undefined) return Math.floor(this.#size / 2);
    return Math.min(this.#size, Math.ceil(this.#valuesPerMs * this.#roundTripMs * ROUND_TRIPS_AHEAD));
  }

  /** Somebody wanted a value and none was in hand. */
  foundEmpty(nowMs: number): void {
    this.#emptySinceMs ??= nowMs;
  }

  /** A block is asked for; `taken` counts all values ever taken without waiting. Sets the block's size. */
  asks(nowMs: number, taken: number): void {
    if (this.#emptySinceMs !== undefined) {
      this.#emptyMs += nowMs - this.#emptySinceMs;
      this.#emptySinceMs = nowMs;
    }
    if (this.#windowStartMs !== undefined && taken > this.#takenBefore) {
      const activeMs = nowMs - this.#windowStartMs - this.#emptyMs;
      this.#valuesPerMs = (taken - this.#takenBefore) / Math.max(activeMs, CLOCK_TICK_MS);
      this.#resize(this.#valuesPerMs);
    }
    this.#windowStartMs = nowMs;
    this.#takenBefore = taken;
    this.#emptyMs = 0;
    this.#askedAtMs = nowMs;
  }

  /** One attempt of the same request begins: only its own time is the round trip. */
  tries(nowMs: number): void {
    this.#askedAtMs = nowMs;
  }

  lands(nowMs: number): void {
    const tookMs = nowMs - this.#askedAtMs;
    this.#roundTripMs = Math.max(tookMs, ROUND_TRIP_MEMORY * this.#roundTripMs + (1 - ROUND_TRIP_MEMORY) * tookMs);
    if (this.#emptySinceMs === undefined) return;
    this.#emptyMs += nowMs - this.#emptySinceMs;
    this.#emptySinceMs = undefined;
  }

  #resize(valuesPerMs: number): void {
    if (this.#size < valuesPerMs * LASTS_MS_MIN) this.#size = Math.min(this.#size * 2, COUNT_MAX);
    else if (this.#size > valuesPerMs * LASTS_MS_MAX) this.#size = Math.max(1, Math.floor(this.#size / 2));
  }
}
