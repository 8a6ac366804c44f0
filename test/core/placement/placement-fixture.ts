/** Pools that can do a thousand operations a second and hold nothing yet, and streams that ask for some of them. */
import type { Load, PoolSnapshot, StreamSnapshot } from '../../../core/placement/snapshot.ts';

export const NOTHING: Load = { operationsPerSecond: 0, values: 0, bytes: 0 };
export const CAPACITY: Load = { operationsPerSecond: 1_000, values: 1e9, bytes: 1e9 };

export function pool(name: string, said: Partial<PoolSnapshot> = {}): PoolSnapshot {
  const measured = { ...NOTHING, latencyP99Ms: 1 };
  return { pool: name, kind: 'throughput', state: 'living', capacity: CAPACITY, measured, joinedAtMs: 0, ...said };
}

export function stream(name: string, at: string | undefined, rate = 0, said: Partial<StreamSnapshot> = {}): StreamSnapshot {
  const predicted = { ...NOTHING, operationsPerSecond: rate };
  return { stream: name, kind: 'throughput', pool: at, predicted, movedAtMs: Number.NEGATIVE_INFINITY, isMovable: true, ...said };
}
