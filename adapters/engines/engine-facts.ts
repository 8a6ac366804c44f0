/** What `seqcast doctor` learns of an engine that can be used; of one that cannot, the error of its opening says what to change. */

export interface EngineFacts {
  /** Such as `7.2.4`; undefined where the engine does not tell. */
  readonly version?: string | undefined;
  /** More about it, for people. */
  readonly notes: readonly string[];
  /** What can be lived with, and how it would be better: `what; what to do`. */
  readonly warnings: readonly string[];
  readonly clock?: ClockSkew;
}

/** The engine's clock minus that of this machine. */
export interface ClockSkew {
  readonly skewMs: number;
  /** It may be as much more or less: half of what the question took. */
  readonly uncertaintyMs: number;
}

/** Asked a few times: the quickest answer says most. */
const QUESTIONS = 3;

export async function clockSkew(engineNowMs: () => Promise<number>): Promise<ClockSkew> {
  let best: ClockSkew | undefined;
  for (let i = 0; i < QUESTIONS; i++) {
    const beforeMs = Date.now();
    const engineMs = await engineNowMs();
    const uncertaintyMs = (Date.now() - beforeMs) / 2;
    if (best === undefined || uncertaintyMs < best.uncertaintyMs) best = { skewMs: engineMs - beforeMs - uncertaintyMs, uncertaintyMs };
  }
  return best ?? { skewMs: 0, uncertaintyMs: Number.POSITIVE_INFINITY };
}
