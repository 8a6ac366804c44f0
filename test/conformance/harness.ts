/** How a conformance kit gets at an implementation of a port, and what that one can do beside what all must. */
export interface Harness<T> {
  /** A fresh and empty one: what other tests did is not seen in it. */
  open(): Promise<T>;
  /** Ends the life of `current` and opens the same data again; left out by what keeps nothing. */
  reopen?(current: T): Promise<T>;
  close(current: T): Promise<void>;
}

/** Runs a scenario against a fresh implementation and closes it whatever happens. */
export async function using<T>(harness: Harness<T>, scenario: (subject: T) => Promise<void>): Promise<void> {
  const subject = await harness.open();
  try {
    await scenario(subject);
  } finally {
    await harness.close(subject);
  }
}

/** Like `using`, with one new opening of the same data in between. */
export async function acrossReopening<T>(
  harness: Harness<T>,
  before: (subject: T) => Promise<void>,
  after: (subject: T) => Promise<void>,
): Promise<void> {
  if (harness.reopen === undefined) throw new Error('this harness cannot reopen');
  let subject = await harness.open();
  try {
    await before(subject);
    subject = await harness.reopen(subject);
    await after(subject);
  } finally {
    await harness.close(subject);
  }
}

/** Waits until something holds; the test's own time-out ends it when it never does. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(2);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** A small deterministic source of chance for random walks: the seed in the test's name repeats the walk. */
export function chance(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
