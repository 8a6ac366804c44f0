/** What callers and operators are told of a sequence that is adopted, and cannot do what they ask. */
import { SequenceError } from '../../../core/errors.ts';
import type { Adoption, AdoptionVerdict } from '../../../pipelines/adoptions.ts';

export function cutOver(sequence: string): SequenceError {
  return new SequenceError(
    'SEQ_NOT_READY',
    `sequence ${sequence} is being cut over; where that was interrupted, \`seqcast adopt commit ${sequence}\` finishes it`,
  );
}

export function abandoned({ sequence, source }: Adoption): SequenceError {
  return new SequenceError('SEQ_UNKNOWN_SEQUENCE', `the adoption of ${sequence} was abandoned: ask the old generator (${source})`, {
    sequence,
  });
}

export function refused(sequence: string, verdict: AdoptionVerdict, what = ''): SequenceError {
  switch (verdict) {
    case 'adopted-already':
      return new SequenceError('SEQ_SEQUENCE_EXISTS', `sequence ${sequence} is adopted already`, { sequence });
    case 'drawn-before':
      return new SequenceError(
        'SEQ_ENGINE_UNUSABLE',
        `the counter of ${sequence} gave values that it had given before (${what}): it was set back or changed; nothing of them was given out. Set it beyond all of them`,
        { sequence },
      );
    default:
      return new SequenceError('SEQ_CONFLICT', `another process ended the adoption of ${sequence} at the same time`, { sequence });
  }
}
