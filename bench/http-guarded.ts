/**
 * What a value costs over HTTP with API keys, quota, metrics and spans on, against bare fastify answering the same requests by a fixed body.
 * Every request is a recorded span below its caller's, with attributes, times and ids, handed to an exporter that counts it and no more.
 */
import { bareGateway, guardedGateway } from './guarded-gateway.ts';
import { median } from './median.ts';
import type { BenchResult } from './result.ts';

/** Many short ones: a shared processor is half as quick now and then, for seconds, and each pair should meet the same weather. */
const ROUNDS = 16;
const SECONDS = 1;
/** Until the code of both is compiled. */
const WARM_SECONDS = 8;
const RATIO_MIN = 0.6;

export async function run(): Promise<BenchResult> {
  const [ours, bare] = [await guardedGateway(), await bareGateway()];
  try {
    const measured: { readonly ours: number; readonly bare: number }[] = [];
    for (const each of [ours, bare]) await each.rate({ seconds: WARM_SECONDS });
    for (let round = 0; round < ROUNDS; round++) {
      // In turns, so that neither is always the one that comes after the other.
      const inOrder = round % 2 === 0 ? [bare, ours] : [ours, bare];
      const rates = [await inOrder[0]?.rate({ seconds: SECONDS }), await inOrder[1]?.rate({ seconds: SECONDS })].map((rate) => rate ?? 0);
      const [first = 0, second = 0] = rates;
      measured.push(round % 2 === 0 ? { bare: first, ours: second } : { ours: first, bare: second });
    }
    const ratio = median(measured.map((each) => each.ours / each.bare));
    return {
      name: 'http-guarded',
      value: median(measured.map((each) => each.ours)),
      unit: 'requests/s with key, quota, metrics, and a span each that is recorded and counted',
      baseline: median(measured.map((each) => each.bare)),
      ratio,
      target: `>= ${RATIO_MIN} x`,
      kept: ratio >= RATIO_MIN,
    };
  } finally {
    await Promise.all([ours.end(), bare.end()]);
  }
}
