/** Chance in training: what a step draws depends on the seed, the step and the purpose alone, so that it can be resumed anywhere. */
import { type Rng, seededRng } from '../../core/rng.ts';

const PURPOSES = { windows: 0, dropout: 0x27d4eb2f } as const;

export function drawsOf(purpose: keyof typeof PURPOSES, seed: number, step: number): Rng {
  // Neighbouring seeds and steps lie far apart.
  const mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(step + 1, 0xc2b2ae35) ^ PURPOSES[purpose];
  return seededRng(mixed >>> 0);
}
