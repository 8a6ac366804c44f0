/** What a fitted forecaster saves: JSON that names its model, in UTF-8. Small, and readable by a person who looks at it. */
import { SequenceError } from '../../core/errors.ts';

export function encodeModel(id: string, state: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ model: id, state }));
}

/** The state saved under that id, as far as `parse` knows it: it returns undefined for what it cannot be. */
export function decodeModel<T>(id: string, bytes: Uint8Array, parse: (state: unknown) => T | undefined): T {
  let saved: unknown;
  try {
    saved = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new SequenceError('SEQ_MODEL_INVALID', `the bytes are no saved ${id}`, { model: id }, { cause });
  }
  const { model, state } = isRecord(saved) ? saved : {};
  const parsed = model === id ? parse(state) : undefined;
  if (parsed === undefined) throw new SequenceError('SEQ_MODEL_INVALID', `the bytes are no saved ${id}`, { model: id });
  return parsed;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

export function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isFinite(item));
}
