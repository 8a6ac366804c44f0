/** What is said of a sequence whose values still come out of another generator's counter. */

/** `count` values from `first` on, in the steps of the counter. */
export interface ValueRun {
  readonly first: bigint;
  readonly count: number;
}

/** Topic `seqcast.adoptions`. */
export interface AdoptionEvent {
  readonly kind: 'AdoptionEvent';
  readonly sequence: string;
  readonly event: 'adopted' | 'drawn' | 'left' | 'reserved' | 'committed' | 'abandoned';
  /** Offset of the record that adopted it; -1 in that record itself. */
  readonly adoption: number;
  /** The life of the process that says it. */
  readonly life: string;
  /** Of `adopted`: the address of the counter, without a password; else empty. */
  readonly source: string;
  /** Of `adopted`: sequence, leaf or tinyid; else empty. */
  readonly generator: string;
  /** Of `adopted`: the step between values; else 0. */
  readonly increment: bigint;
  readonly min: bigint;
  readonly max: bigint;
  /** Of `drawn` and `reserved`: what the counter gave; of `left`: what of it is not given out any more. */
  readonly runs: readonly ValueRun[];
  /** Of `drawn`: what this life had at hand then, drawn before and not given out; else 0. */
  readonly atHand: number;
  readonly atMs: number;
}
