/**
 * The demand of the demo, played against a real installation: three weeks of NASA's web server in the minutes of a soak, as three streams
 * that are the same pattern 1, 50 and 500 times, each asked for through another door.
 */

import { requestsOf, spreadDemand } from '../../backtest/demand.ts';
import { loadNasaTrace } from '../../backtest/traces/nasa.ts';
import { FACTORS } from '../../cli/demo.ts';
import { pause } from '../chaos/clients/callers.ts';
import { nowMs } from '../chaos/clock.ts';
import type { Door } from './doors.ts';
import type { Minutes } from './minutes.ts';

/** The demo's, so that its slices are these. */
const SEED = 1995;
/** Beyond it calls of a stream wait for answers, as callers of an application do; they count from when they were due. */
const UNDER_WAY_MAX = 64;

export interface Demand {
  readonly sliceMs: number;
  /** Values of each slice, per stream. */
  readonly streams: readonly Uint32Array[];
}

/** The whole trace in so many minutes, with about so many slices a second: each is a call of every stream that has any demand in it. */
export function demandOf({ minutes, slicesPerSecond }: { readonly minutes: number; readonly slicesPerSecond: number }): Demand {
  const trace = loadNasaTrace();
  const bins = trace.counts.length;
  const wanted = Math.max(1, (minutes * 60 * slicesPerSecond) / bins);
  let perBin = Math.floor(wanted);
  while (trace.binMs % perBin !== 0) perBin--;
  const sliceMs = trace.binMs / perBin;
  const streams = FACTORS.map((factor) => spreadDemand(trace, { factor, sliceMs, seed: SEED + factor }).counts);
  return { sliceMs: (minutes * 60_000) / (bins * perBin), streams };
}

export interface PlayOptions {
  readonly demand: Demand;
  /** One for each stream, in their order. */
  readonly doors: readonly Door[];
  readonly minutes: Minutes;
}

/** Resolves when the whole demand was asked for and answered, or with the first call that no attempt could mend. */
export async function play({ demand, doors, minutes }: PlayOptions): Promise<void> {
  const startMs = nowMs();
  await Promise.all(
    doors.map(async (door, stream) => {
      const counts = demand.streams[stream] ?? new Uint32Array();
      const underWay = new Set<Promise<void>>();
      for (let slice = 0; slice < counts.length; slice++) {
        const dueAt = startMs + slice * demand.sliceMs;
        // Timers are coarser than slices: what is due meanwhile is asked for together.
        if (nowMs() < dueAt) await pause(dueAt - nowMs());
        for (const count of requestsOf(counts[slice] ?? 0)) {
          while (underWay.size >= UNDER_WAY_MAX) await Promise.race(underWay);
          const call = door.take(count).then((blocks) => minutes.answered({ door: door.name, dueAt, blocks }));
          const each = call.finally(() => underWay.delete(each));
          underWay.add(each);
        }
      }
      await Promise.all(underWay);
    }),
  );
}
