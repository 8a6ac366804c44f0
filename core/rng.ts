/** Randomness as the pure parts see it: seeded where a run must repeat. */
export interface Rng {
  /** The next number, uniform in [0, 1). */
  next(): number;
}

/** A small seeded generator (mulberry32, public domain): 32 bits of state, good enough for faults and traces, not for secrets. */
export function seededRng(seed: number): Rng {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
    },
  };
}
