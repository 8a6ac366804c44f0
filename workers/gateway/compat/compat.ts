/**
 * The HTTP routes of generators that seqcast takes the place of, where an operator asks for them: their callers are pointed here and change
 * nothing. Written from what those servers answer; each kind is in a file of its own.
 */

import type { CompatNames, Route } from '../context.ts';
import { LEAF_ROUTES } from './leaf.ts';
import { TINYID_ROUTES } from './tinyid.ts';

export interface CompatSettings {
  readonly compat?: string | undefined;
  readonly compatNames?: string | undefined;
  readonly compatSegment?: number | undefined;
}

export interface Compat extends CompatNames {
  readonly routes: readonly Route[];
}

const ROUTES_OF: Readonly<Record<string, readonly Route[]>> = { leaf: LEAF_ROUTES, tinyid: TINYID_ROUTES };
const SEGMENT_DEFAULT = 1_000;

/** Every route that may be asked for, for the reference page. */
export const COMPAT_ROUTES: readonly Route[] = [...LEAF_ROUTES, ...TINYID_ROUTES];

/** Undefined where none is asked for. */
export function compatOf({ compat, compatNames, compatSegment }: CompatSettings): Compat | undefined {
  if (compat === undefined) return undefined;
  const kinds = new Set(compat.split(','));
  const pairs = compatNames?.split(',').map((pair) => pair.split('=') as [string, string]) ?? [];
  return {
    routes: [...kinds].flatMap((kind) => ROUTES_OF[kind] ?? []),
    names: new Map(pairs),
    segment: compatSegment ?? SEGMENT_DEFAULT,
  };
}
