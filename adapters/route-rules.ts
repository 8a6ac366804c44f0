/** What every distributed route table agrees on: how large keys and values may be, and how watchers are told. */
import { SequenceError } from '../core/errors.ts';

/** Keys are paths of names such as `clients/{id}`; four of the longest fit. */
const KEY_BYTES_MAX = 512;

/** A value says where something is; the largest, a pool with its endpoints, has a few hundred bytes. */
const VALUE_BYTES_MAX = 64 * 1024;

export type RouteHandler = (key: string, value: string | undefined) => void;

/** Throws `SEQ_INVALID_REQUEST` for a key or a value that is too large, and for a key with characters that nobody can read. */
export function checkRoute(key: string, value = ''): void {
  const size = Buffer.byteLength(key);
  if (size === 0 || size > KEY_BYTES_MAX) throw invalid(`a key of the route table has 1 to ${KEY_BYTES_MAX} bytes, not ${size}`);
  for (let at = 0; at < key.length; at++) {
    if (key.charCodeAt(at) < 0x20) throw invalid(`a key of the route table holds no control characters: ${JSON.stringify(key)}`);
  }
  const valueSize = Buffer.byteLength(value);
  if (valueSize > VALUE_BYTES_MAX)
    throw invalid(`a value of the route table has at most ${VALUE_BYTES_MAX} bytes, not ${valueSize}: ${key}`);
}

/** A handler that throws is a bug of its owner: it surfaces as such, and the other watchers are told nevertheless. */
export function tell(handler: RouteHandler, key: string, value: string | undefined): void {
  try {
    handler(key, value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

function invalid(message: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', message);
}
