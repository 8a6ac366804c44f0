/** What is told of adoptions: over HTTP, to the command line, and to the audit. */
import type { Adoption } from '../../../pipelines/adoptions.ts';

export interface AdoptionView {
  readonly sequence: string;
  readonly state: Adoption['state'];
  /** Offset of the record that adopted it. */
  readonly adoption: number;
  readonly source: string;
  readonly generator: string;
  readonly increment: string;
  readonly adoptedAtMs: number;
  readonly endedAtMs?: number;
  /** Values drawn, those that this process has at hand, and those that are known not to be given out any more. */
  readonly drawn: number;
  readonly stock: number;
  readonly burnt: number;
  readonly grants: number;
  /** First and last value that the sequence goes on with after the cut-over. */
  readonly goesOnFrom?: string;
  readonly goesOnTo?: string;
}

export interface AdoptionService {
  /** Draws values of the sequence from the counter at that address from now on. */
  adopt(sequence: string, from: string): Promise<AdoptionView>;
  /** Every adoption there ever was, oldest first. */
  list(): readonly AdoptionView[];
  /** Cuts over: the sequence goes on by itself with `values` values that the counter is moved past. */
  commit(sequence: string, values?: number): Promise<AdoptionView>;
  /** Goes back: no value comes out of the counter here any more. */
  abandon(sequence: string): Promise<AdoptionView>;
}

export function adoptionView(adoption: Adoption, stock: number): AdoptionView {
  const { id, sequence, state, source, generator, increment, adoptedAtMs, endedAtMs, drawn, leftCount, grants, reserved } = adoption;
  return {
    ...{ sequence, state, adoption: id, source, generator, increment: String(increment), adoptedAtMs },
    ...(endedAtMs > 0 && { endedAtMs }),
    ...{ drawn, stock, burnt: leftCount, grants: grants.length },
    ...(reserved !== undefined && {
      goesOnFrom: String(reserved.first),
      goesOnTo: String(reserved.first + BigInt(reserved.count - 1) * increment),
    }),
  };
}
