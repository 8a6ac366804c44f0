/**
 * Two ways of counting, measured in turn in one process: ours and the barest one there is. The ratio is the median over the rounds of
 * each round's own ratio, so that whatever slows the machine down for a while slows both down alike.
 */
import { type BlocksAnswer, createSequence, type Sequence } from 'seqcast-client';
import { median } from './median.ts';
import type { BenchResult } from './result.ts';

/** Each counts so many values and returns the last one or their sum: a compiler that saw it unused might count none. */
export interface Contestants {
  readonly name: string;
  readonly unit: string;
  readonly values: number;
  readonly ratioMin: number;
  readonly note: string;
  ours(values: number): bigint | number | Promise<bigint | number>;
  bare(values: number): bigint | number | Promise<bigint | number>;
}

const ROUNDS = 15;
/** Rounds before the first one that counts: by then both are compiled, and the client's blocks have grown to their size. */
const WARM_UP_ROUNDS = 3;

export async function sideBySide({ name, unit, values, ratioMin, note, ours, bare }: Contestants): Promise<BenchResult> {
  const rounds: { readonly ours: number; readonly bare: number }[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    // Whoever comes second finds a warmer processor and a fuller heap: they take turns.
    const oursFirst = round % 2 === 0;
    const first = await measured(oursFirst ? ours : bare, values);
    const second = await measured(oursFirst ? bare : ours, values);
    if (first.result !== second.result) throw new Error(`the two do not count alike: ${first.result} and ${second.result}`);
    const [our, barest] = oursFirst ? [first, second] : [second, first];
    if (round >= WARM_UP_ROUNDS) rounds.push({ ours: our.perSecond, bare: barest.perSecond });
  }
  const ratio = median(rounds.map((round) => round.ours / round.bare));
  return {
    name,
    value: median(rounds.map((round) => round.ours)),
    unit,
    baseline: median(rounds.map((round) => round.bare)),
    ratio,
    target: `>= ${ratioMin} x`,
    kept: ratio >= ratioMin,
    note,
  };
}

/** A sequence whose blocks come from this process at once, as those of `open()` do; no network is measured here. */
export function sequenceAtHand(): Sequence {
  let issued = 0n;
  return createSequence(
    {
      next(count: number): BlocksAnswer {
        const start = issued + 1n;
        issued += BigInt(count);
        return { blocks: [{ start, count, increment: 1n, id: 'block' }] };
      },
      giveBack: async () => 0,
    },
    'bench',
  );
}

async function measured(
  count: Contestants['ours'],
  values: number,
): Promise<{ readonly result: bigint | number; readonly perSecond: number }> {
  const startMs = performance.now();
  const result = await count(values);
  return { result, perSecond: (values / (performance.now() - startMs)) * 1_000 };
}
