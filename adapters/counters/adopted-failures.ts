/** What it means that an adopted counter could not be drawn from: the same words for every kind of server. */
import { SequenceError } from '../../core/errors.ts';
import { exhausted } from './adopted-counter.ts';
import { type FailureCodes, type Observed, observedFailure } from './observed-failures.ts';

export interface DrawCodes extends FailureCodes {
  /** The counter is at its end. */
  readonly spent: RegExp;
  /** The user lacks a right. */
  readonly forbidden: RegExp;
  /** Somebody holds the counter for longer than a statement of ours waits. */
  readonly held: RegExp;
}

export function drawFailure(observed: Observed, codes: DrawCodes, cause: unknown): SequenceError {
  if (cause instanceof SequenceError) return cause;
  const { engine, shown } = observed;
  const { code = '', message = String(cause) } = (cause ?? {}) as { readonly code?: string; readonly message?: string };
  const text = `${code} ${message}`;
  if (codes.spent.test(text)) return exhausted(shown);
  if (codes.forbidden.test(text)) {
    const what = `${engine} does not let this user move ${shown} (${message}): it needs USAGE and SELECT of a sequence, UPDATE and SELECT of a table, and to own the sequence for a cut-over`;
    return new SequenceError('SEQ_ENGINE_UNREACHABLE', what, { engine }, { cause });
  }
  if (codes.held.test(text)) {
    const what = `a transaction holds ${shown} (${message}): nothing was drawn; try again`;
    return new SequenceError('SEQ_ENGINE_AWAY', what, { engine }, { cause });
  }
  return observedFailure(observed, codes, cause);
}
