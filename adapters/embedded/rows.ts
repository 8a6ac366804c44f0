/** What libsql gives for the columns of a row, made what this code works with. */
import { assert } from '../../core/assertion.ts';

/** An integer column as a plain number: exact, or the process stops. */
export function exact(column: bigint): number {
  const number = Number(column);
  assert(Number.isSafeInteger(number), `the database holds ${column}, which is no exact number`);
  return number;
}

/** A blob column as bytes that own their buffer, so that they can be handed to another thread without a copy. */
export function blobOf(column: unknown): Uint8Array {
  assert(column instanceof Uint8Array, 'the database holds something else where bytes belong');
  const { buffer, byteOffset, byteLength } = column;
  return byteLength === buffer.byteLength ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(column);
}
