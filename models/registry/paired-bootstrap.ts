/**
 * Whether one model is better than another by more than chance: losses of both on the same questions, drawn again and again in blocks.
 * A block is a stretch of time over all streams, because what is asked in one stretch overlaps and is right or wrong together.
 */
import type { Rng } from '../../core/rng.ts';

/** Enough that the ends of a 90 % interval move by less than what the gate decides about. */
const RESAMPLES = 2_000;
/** Of the 90 % interval. */
const LOW_SHARE = 0.05;

export interface LossBlock {
  readonly challenger: number;
  readonly rival: number;
}

export interface Improvement {
  /** Share of the rival's loss that the challenger saves: 0.05 is five percent better. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

export function improvementOf(blocks: readonly LossBlock[], rng: Rng): Improvement {
  const shares = new Float64Array(RESAMPLES);
  for (let i = 0; i < RESAMPLES; i++) {
    let challenger = 0;
    let rival = 0;
    for (let drawn = 0; drawn < blocks.length; drawn++) {
      const block = blocks[Math.floor(rng.next() * blocks.length)];
      challenger += block?.challenger ?? 0;
      rival += block?.rival ?? 0;
    }
    shares[i] = shareSaved(challenger, rival);
  }
  shares.sort();
  const sum = (of: keyof LossBlock): number => blocks.reduce((total, block) => total + block[of], 0);
  const at = (share: number): number => shares[Math.min(RESAMPLES - 1, Math.floor(share * RESAMPLES))] ?? 0;
  return { share: shareSaved(sum('challenger'), sum('rival')), low: at(LOW_SHARE), high: at(1 - LOW_SHARE) };
}

export function shareSaved(challenger: number, rival: number): number {
  if (rival > 0) return 1 - challenger / rival;
  return challenger > 0 ? -1 : 0;
}
