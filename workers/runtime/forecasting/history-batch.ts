/**
 * Histories of some streams side by side in one piece of memory that the expert thread shares. Handing it over and back instead would have
 * both threads collect garbage for each batch: ten megabytes come and go. Reading them takes the thread that gives out values a fraction of
 * a millisecond each: now and then it goes on with its work in between.
 */
import { parseStreamId } from '../../../core/stream.ts';
import type { SeriesHistory } from '../../../models/contract.ts';
import type { ExpertPlan } from './expert-plans.ts';
import type { ModelledStream } from './forecasts.ts';

interface Spare {
  readonly memory: SharedArrayBuffer;
  readonly plan: ExpertPlan;
}

/** Nobody who asks for a value waits longer for this. */
const SLICE_MS = 8;

export interface Unhurried {
  readonly monotonicMs: () => number;
  /** Lets whatever waits go first. */
  readonly pause: () => Promise<void>;
}

export class HistoryBatches {
  readonly #unhurried: Unhurried;
  #spare: Spare | undefined;

  constructor(unhurried: Unhurried) {
    this.#unhurried = unhurried;
  }

  /** The histories of these streams, in their order. */
  async gather(streams: readonly ModelledStream[], plan: ExpertPlan): Promise<{ histories: SeriesHistory[]; memory: SharedArrayBuffer }> {
    const { monotonicMs, pause } = this.#unhurried;
    const memory = this.#memory(streams.length, plan);
    const histories: SeriesHistory[] = [];
    let sinceMs = monotonicMs();
    for (const [i, stream] of streams.entries()) {
      histories.push(historyOf(stream, plan, memory.subarray(i * plan.historyBins, (i + 1) * plan.historyBins)));
      if (monotonicMs() - sinceMs < SLICE_MS) continue;
      await pause();
      sinceMs = monotonicMs();
    }
    return { histories, memory: memory.buffer };
  }

  /** The memory of a batch that was answered, for the next one. */
  reuse(memory: SharedArrayBuffer, plan: ExpertPlan): void {
    if (memory.byteLength > (this.#spare?.memory.byteLength ?? 0)) this.#spare = { memory, plan };
  }

  /** Between rounds it is not held: refreshes are far apart, and a batch is some ten megabytes. */
  letGo(): void {
    this.#spare = undefined;
  }

  /** Of one plan all histories end at the same places, and of each the same bins before its end are left out: they are NaN for good. */
  #memory(streams: number, plan: ExpertPlan): Float64Array<SharedArrayBuffer> {
    const spare = this.#spare;
    this.#spare = undefined;
    const values = streams * plan.historyBins;
    if (spare?.plan === plan && spare.memory.byteLength >= 8 * values) return new Float64Array(spare.memory);
    const memory = new Float64Array(new SharedArrayBuffer(8 * values));
    return plan.parts === undefined ? memory : memory.fill(NaN);
  }
}

function historyOf({ stream, model, bursts }: ModelledStream, plan: ExpertPlan, into: Float64Array): SeriesHistory {
  const { clientType, service } = parseStreamId(stream);
  const announced = bursts.map(({ fromMs, untilMs, rate }) => ({ fromMs, untilMs, rate }));
  return {
    key: stream,
    clientType,
    service,
    ...model.rolledUp(plan.binMs, plan.historyBins, into, plan.parts),
    ...(announced.length > 0 && { announced }),
  };
}
