/**
 * What placement decides from: every pool with its capacity and what it does now, every stream with what it will ask for. A snapshot is
 * plain data, so that two processes that see the same decide the same.
 */
import type { PoolKind } from '../pool-kind.ts';
import type { SlotRange } from './slots.ts';

/** In the three things a pool can run out of. */
export interface Load {
  readonly operationsPerSecond: number;
  /** Values in stock. */
  readonly values: number;
  readonly bytes: number;
}

export interface PoolSnapshot {
  readonly pool: string;
  readonly kind: PoolKind;
  /** A draining pool gets nothing new, and its streams leave; a lost one holds nothing any more. */
  readonly state: 'living' | 'draining' | 'lost';
  readonly capacity: Load;
  /** As the pool said last. */
  readonly measured: Load & { readonly latencyP99Ms: number };
  readonly joinedAtMs: number;
  /** Of a primary of a Redis Cluster: it serves the streams of these slots and no others. */
  readonly slots?: readonly SlotRange[] | undefined;
}

export interface StreamSnapshot {
  readonly stream: string;
  readonly kind: PoolKind;
  /** Where it is assigned; undefined for a new one. */
  readonly pool: string | undefined;
  /** By its forecast. */
  readonly predicted: Load;
  /** When it was moved last; `-Infinity` for never. */
  readonly movedAtMs: number;
  /** False for what must stay where it is: numbers of a database, and what is on its way already. */
  readonly isMovable: boolean;
}

export interface PlacementSnapshot {
  readonly nowMs: number;
  readonly pools: readonly PoolSnapshot[];
  readonly streams: readonly StreamSnapshot[];
}

/** Share of the capacity that is used, of what is closest to its end. */
export function relativeLoad(load: Load, capacity: Load): number {
  return Math.max(load.operationsPerSecond / capacity.operationsPerSecond, load.values / capacity.values, load.bytes / capacity.bytes);
}

/** Above this time to answer, at the 99th percentile, a store has all it can do: a stall costs its callers about as much. */
const SLOW_MS = 50;
/** A pool that says it is so full gets nothing new, whatever was predicted. */
const FULL = 0.9;

/** Whether anything new may go to the pool. */
export function acceptsMore({ state, measured, capacity }: PoolSnapshot): boolean {
  return state === 'living' && measured.latencyP99Ms <= SLOW_MS && relativeLoad(measured, capacity) <= FULL;
}
