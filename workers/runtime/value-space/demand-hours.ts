/**
 * What sequences asked for in the hours since this process came, for one that makes no forecasts itself: counted off the consumption
 * topic as it passes. Its hours begin with the first whole one; they are lost with the process.
 */
import { sequenceOfStream } from '../../../core/stream.ts';
import type { ConsumptionEvent } from '../../../schemas/messages.ts';
import { HISTORY_HOURS, HOUR_MS, type RememberedStream } from './demand-days.ts';

interface CountedSequence {
  readonly stream: string;
  readonly hours: Map<number, number>;
  newest: number;
}

export class DemandHours {
  readonly #firstHour: number;
  readonly #counted = new Map<string, CountedSequence>();

  constructor(nowMs: number) {
    this.#firstHour = Math.floor(nowMs / HOUR_MS) + 1;
  }

  note({ stream, toMs, demanded }: Pick<ConsumptionEvent, 'stream' | 'toMs' | 'demanded'>): void {
    const hour = Math.floor(toMs / HOUR_MS);
    if (hour < this.#firstHour) return;
    const sequence = sequenceOfStream(stream);
    const counted = this.#counted.get(sequence) ?? { stream, hours: new Map<number, number>(), newest: hour };
    this.#counted.set(sequence, counted);
    counted.newest = Math.max(counted.newest, hour);
    counted.hours.set(hour, (counted.hours.get(hour) ?? 0) + demanded);
    for (const old of counted.hours.keys()) {
      if (old >= counted.newest - HISTORY_HOURS) break;
      counted.hours.delete(old);
    }
  }

  /** One for each sequence: its streams are added up already. */
  *streams(): Generator<RememberedStream> {
    for (const { stream, hours, newest } of this.#counted.values()) {
      yield { stream, model: { rolledUp: (binMs, count) => rolledUp(hours, newest, binMs, count) } };
    }
  }
}

/** Without the newest hour: it is not over, as far as is known. */
function rolledUp(
  hours: ReadonlyMap<number, number>,
  newest: number,
  binMs: number,
  count: number,
): ReturnType<RememberedStream['model']['rolledUp']> {
  const [oldest = newest] = hours.keys();
  const from = Math.min(newest, Math.max(oldest, newest - count));
  const demand = Float64Array.from({ length: newest - from }, (_, i) => hours.get(from + i) ?? 0);
  return { binMs, startMs: from * binMs, demand };
}
