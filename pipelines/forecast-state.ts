/**
 * The forecast stage's state as canonical bytes: an index in JSON, then the models' own bytes one after the other. A replay from
 * the first event and a snapshot with the rest give the same bytes.
 */
import { restoreExpectations, savedExpectations } from './expectations.ts';
import type { ForecastState, StreamModel } from './forecast.ts';

/** Raised when the layout changes: a snapshot of another layout is ignored and the events are folded anew. */
export const FORECAST_STATE_SCHEMA = 3;

interface IndexEntry {
  readonly stream: string;
  readonly leadTimes: readonly number[];
  readonly requestSize: number;
  readonly requestSizeAtMs: number;
  readonly incarnation: string;
  readonly sequenceNumber: number;
  readonly bytes: number;
}

export function forecastStateToBytes(state: ForecastState): Uint8Array {
  const parts: Uint8Array[] = [];
  const index: IndexEntry[] = [];
  for (const [stream, { model, leadTimes, requestSize, requestSizeAtMs }] of state.streams) {
    const bytes = model.save();
    const { incarnation, sequenceNumber } = state.seen.get(stream) ?? { incarnation: '', sequenceNumber: 0 };
    index.push({ stream, leadTimes, requestSize, requestSizeAtMs, incarnation, sequenceNumber, bytes: bytes.length });
    parts.push(bytes);
  }
  const head = new TextEncoder().encode(JSON.stringify({ streams: index, expectations: savedExpectations(state.expectations) }));
  const whole = new Uint8Array(4 + head.length + parts.reduce((sum, part) => sum + part.length, 0));
  new DataView(whole.buffer).setUint32(0, head.length, true);
  whole.set(head, 4);
  let at = 4 + head.length;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Fills an empty state; `restoreModel` makes a model from the bytes it saved. Who needs a few streams only says which. */
export function forecastStateFromBytes(
  state: ForecastState,
  bytes: Uint8Array,
  restoreModel: (bytes: Uint8Array) => StreamModel,
  isWanted: (stream: string) => boolean = () => true,
): void {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as {
    readonly streams: readonly IndexEntry[];
    readonly expectations: unknown;
  };
  restoreExpectations(state.expectations, head.expectations);
  let at = 4 + length;
  for (const { stream, leadTimes, requestSize, requestSizeAtMs, incarnation, sequenceNumber, bytes: size } of head.streams) {
    const from = at;
    at += size;
    if (!isWanted(stream)) continue;
    state.streams.set(stream, { model: restoreModel(bytes.slice(from, at)), leadTimes: [...leadTimes], requestSize, requestSizeAtMs });
    state.seen.set(stream, { incarnation, sequenceNumber });
  }
}
