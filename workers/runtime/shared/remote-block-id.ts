/**
 * The id of a numbered block out of a shared pool: it says which pool, life, block and ordinals, so that any gateway can give the
 * rest back without remembering anything.
 */
import { SequenceError } from '../../../core/errors.ts';
import type { TakenBlock } from '../../../pipelines/ports.ts';

const PATTERN = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,62})~([0-9a-z]{1,40})\.([1-9][0-9]{0,15})\.([0-9]{1,16})\.([1-9][0-9]{0,15})$/;

export interface RemoteBlockId {
  readonly pool: string;
  readonly incarnation: string;
  readonly block: number;
  /** First ordinal and how many. */
  readonly start: number;
  readonly count: number;
}

export function blockIdOf(pool: string, incarnation: string, { block, start, count }: TakenBlock): string {
  return `${pool}~${incarnation}.${block}.${start}.${count}`;
}

/** Throws `SEQ_BLOCK_UNKNOWN` when it is none. */
export function readBlockId(id: unknown): RemoteBlockId {
  const match = typeof id === 'string' ? PATTERN.exec(id) : null;
  if (match === null) throw new SequenceError('SEQ_BLOCK_UNKNOWN', 'that is not the id of a numbered block');
  const [, pool = '', incarnation = '', block, start, count] = match;
  return { pool, incarnation, block: Number(block), start: Number(start), count: Number(count) };
}
