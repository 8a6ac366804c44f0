/** Whether weights can be used by this version, before they are: nothing damaged, nothing that is not a number, features that it knows. */
import { SequenceError } from '../../../core/errors.ts';
import { decodeWeights } from '../../../models/lstm/weights.ts';

/** Throws `SEQ_MODEL_INVALID`. */
export function inspectWeights(family: string, weights: Uint8Array): void {
  if (family === 'lstm') decodeWeights(weights);
  else throw new SequenceError('SEQ_MODEL_INVALID', `this version has no trained models of the family ${family}`, { family });
}
