/** The sequence that goes on where another generator stands: beyond everything that one may have given out, or may yet until it is left. */
import type { Reading } from '../../adapters/counters/observed-source.ts';
import { SequenceError } from '../../core/errors.ts';
import { defineSequence, type SequenceAttributes, valueAt } from '../../core/sequence.ts';

/** A hundred of its users may each fetch one more block between the reading and the day the last of them has moved. */
const MARGIN_BLOCKS = 100;
/** Where there are no blocks: room for a short while in which some writers have moved and some have not. */
const MARGIN_MIN = 1_000;

export interface Successor {
  /** Last value that the other one may have given out, when it was read. */
  readonly last: bigint;
  /** Values that are left out for what it gives out after that. */
  readonly margin: number;
  readonly attributes: Required<Pick<SequenceAttributes, 'start' | 'increment' | 'min' | 'max' | 'cycle'>>;
}

export function defaultMargin({ block }: Pick<Reading, 'block'>): number {
  return Math.max(MARGIN_MIN, MARGIN_BLOCKS * block);
}

/** Throws where its numbers are not known, or none is left behind the margin. */
export function successorOf(reading: Reading, margin: number, shown: string): Successor {
  const { numbering } = reading;
  if (numbering === undefined) {
    throw new SequenceError(
      'SEQ_UNSUPPORTED',
      `${shown} does not say how it numbers: create the sequence with --start beyond its last value`,
    );
  }
  const { last, increment, cycle } = numbering;
  const { min, max } = boundsOf(numbering);
  const distance = BigInt(margin) + 1n;
  const from = last + distance * increment;
  // Where it cycles, the margin may reach beyond a bound and goes on at the other one, as its values do.
  const start =
    cycle && (from > max || from < min)
      ? valueAt(defineSequence({ start: inside(last, min, max), increment, min, max, cycle }), Number(distance))
      : from;
  if (start > max || start < min) {
    const bound = increment > 0n ? `maximum ${max}` : `minimum ${min}`;
    throw new SequenceError(
      'SEQ_INVALID_DEFINITION',
      `${shown} stands at ${last}, and ${margin} values beyond that it is past its ${bound}: lower --margin, or make its column wider first`,
      { attribute: 'start' },
    );
  }
  const { start: checked } = defineSequence({ start, increment, min, max, cycle });
  return { last, margin, attributes: { start: checked, increment, min, max, cycle } };
}

/** Bounds as a sequence has them that names none; a counter may stand below. */
function boundsOf({ last, increment, min, max }: NonNullable<Reading['numbering']>): { readonly min: bigint; readonly max: bigint } {
  const usual = defineSequence({ increment });
  const lowest = min ?? (last < usual.min ? last : usual.min);
  return { min: lowest, max: max ?? usual.max };
}

function inside(value: bigint, min: bigint, max: bigint): bigint {
  if (value < min) return min;
  return value > max ? max : value;
}
