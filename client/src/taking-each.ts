/**
 * Values of several sequences at once: from the blocks in hand where they suffice, the rest together in one request where the way there
 * has such a one. There is no all or nothing across sequences: each request has an outcome of its own.
 */
import { isRetriable } from './client-error.ts';
import { isCount } from './pace.ts';
import type { Sequence } from './sequence.ts';
import { type ValueBlock, valuesOf } from './transport.ts';

export interface TakeRequest {
  readonly sequence: string;
  /** 1 to 10,000; one where it is left out. */
  readonly count?: number;
}

export type TakeOutcome =
  | { readonly sequence: string; readonly values: readonly bigint[] }
  /** Why this sequence gave nothing. */
  | { readonly sequence: string; readonly error: unknown };

export interface Several {
  sequence(name: string): Sequence;
}

/** One request for values of several sequences: their blocks, or the error of each, in the order of the requests. */
export type AskedTogether = (requests: readonly Required<TakeRequest>[]) => Promise<readonly (readonly ValueBlock[] | Error)[]>;

export async function takeEach(from: Several, requests: readonly TakeRequest[], together?: AskedTogether): Promise<readonly TakeOutcome[]> {
  const asked = requests.map(({ sequence, count = 1 }) => ({ sequence, count }));
  // A count that is none would have all of them refused.
  const isMissing = ({ sequence, count }: Required<TakeRequest>): boolean =>
    isCount(count) && from.sequence(sequence).figures().inHand < count;
  const missing = together === undefined ? [] : asked.filter(isMissing);
  if (together === undefined || missing.length < 2) return Promise.all(asked.map((each) => takenAlone(from, each)));
  const answers = await together(missing).catch((error: unknown) => missing.map(() => error));
  return Promise.all(
    asked.map((each) => {
      const at = missing.indexOf(each);
      return at < 0 ? takenAlone(from, each) : outcomeOf(from, each, answers[at]);
    }),
  );
}

/** What may go better later goes the way of a single call, which has the patience for it. */
async function outcomeOf(from: Several, each: Required<TakeRequest>, answer: unknown): Promise<TakeOutcome> {
  const { sequence } = each;
  if (Array.isArray(answer)) return { sequence, values: (answer as readonly ValueBlock[]).flatMap(valuesOf) };
  return isRetriable(answer) ? takenAlone(from, each) : { sequence, error: answer };
}

async function takenAlone(from: Several, { sequence, count }: Required<TakeRequest>): Promise<TakeOutcome> {
  try {
    return { sequence, values: await from.sequence(sequence).take(count) };
  } catch (error) {
    return { sequence, error };
  }
}
