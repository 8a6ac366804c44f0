/**
 * The cells of a backtest: one policy on one stream under one lead time and one ride-through, from one origin. A cell is named by a hash
 * of everything its result depends on, so that a finished one is recognized and one of other settings is not.
 */
import { createHash } from 'node:crypto';
import type { Split } from './splits.ts';

/** How long from a decision to usable stock: always the same, or drawn from lead times that were measured. */
export type LeadTimeChoice =
  | { readonly kind: 'fixed'; readonly name: string; readonly leadTimeS: number }
  | { readonly kind: 'sampled'; readonly name: string; readonly samplesS: readonly number[] };

/** A lead time with a ride-through: policies are compared within one. */
export interface Setting {
  readonly leadTime: LeadTimeChoice;
  readonly rideThroughS: number;
}

export interface Cell {
  readonly setting: Setting;
  readonly split: Split;
  /** Allocator outages that are asked for, in seconds. */
  readonly outagesS: readonly number[];
  readonly seed: number;
  /** Its stock over time is kept as well. */
  readonly recorded: boolean;
}

/** Where a cell's demand and policy come from: the version of seqcast, the hash of the data, the stream's name, the policy's id. */
export interface CellOrigin {
  readonly version: string;
  readonly dataSha256: string;
  readonly stream: string;
  readonly policy: string;
  readonly models: Readonly<Record<string, string>>;
}

export function cellKey(origin: CellOrigin, cell: Cell): string {
  return createHash('sha256').update(canonical({ origin, cell })).digest('hex');
}

/** JSON with sorted keys: the same object gives the same text, however it was put together. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => {
    if (each === null || typeof each !== 'object' || Array.isArray(each)) return each;
    return Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
