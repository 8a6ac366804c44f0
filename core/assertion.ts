/** Programmer errors: a broken invariant stops what runs rather than go on with doubtful numbers. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${message}`);
}
