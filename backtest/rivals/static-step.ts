/**
 * Blocks of one size. Without a prefetch they are fetched when somebody finds nothing (PostgreSQL and CockroachDB sequences, WeChat's
 * seqsvr); with one, when a share of the block in use is gone. Where that share is counted each does a little differently.
 */
import type { Policy } from '../harness/policy.ts';
import { DoubleBuffer, morePassed, reached } from './double-buffer.ts';
import { onEmpty } from './on-empty.ts';

/** WeChat's seqsvr: its `max_seq` moves by ten thousand. */
const SEQSVR_STEP = 10_000;

export function staticOnEmpty(step: number = SEQSVR_STEP): Policy {
  return onEmpty({ name: `static step ${step}, no prefetch`, size: () => step });
}

/** didi/tinyid: the default step, and `LOADING_PERCENT`. */
const TINYID_STEP = 100_000;
const TINYID_SHARE = 0.2;

/** TinyID fetches when the id reaches start + step · 20 / 100; this is the static step that others are tuned by, too. */
export function staticStep(step: number = TINYID_STEP, usedShare: number = TINYID_SHARE): Policy {
  return prefetched(`static step ${step} at ${Math.round(usedShare * 100)} %`, step, reached(usedShare));
}

/** OceanBase's auto-increment cache, fetched again when (next − start) · 4 > end − start. */
const OCEANBASE_CACHE = 1_000_000;
const OCEANBASE_SHARE = 0.25;

export function oceanbase(cache: number = OCEANBASE_CACHE): Policy {
  return prefetched(`OceanBase, cache ${cache}`, cache, morePassed(OCEANBASE_SHARE));
}

/** NebulaGraph's SegmentId as its own test sets it; the call after the one that gives out the last of the first half fetches. */
const NEBULA_STEP = 1_000;
const NEBULA_SHARE = 0.5;

export function nebulaGraph(step: number = NEBULA_STEP): Policy {
  return prefetched(`NebulaGraph, step ${step}`, step, morePassed(NEBULA_SHARE));
}

/** Leaf's prefetch with a step that stays what it is, as in its forks that turn the adaptation off. */
const LEAF_FIXED_STEP = 2_000;
const LEAF_SHARE = 0.1;
/** Leaf's callers wait ten milliseconds, then get an error. */
export const LEAF_PATIENCE_S = 0.01;

export function leafFixed(step: number = LEAF_FIXED_STEP): Policy {
  return prefetched(`Leaf without adaptation, step ${step}`, step, morePassed(LEAF_SHARE), LEAF_PATIENCE_S);
}

function prefetched(name: string, step: number, fetchAtUsed: (size: number) => number, lostAfterS = Number.POSITIVE_INFINITY): Policy {
  const buffer = new DoubleBuffer(fetchAtUsed);
  return {
    name,
    lostAfterS,
    returnsAtStop: false,
    get alertAt() {
      return buffer.alertAt;
    },
    order: (view) => (buffer.begins(view) ? step : 0),
    delivered: (count) => buffer.delivered(count),
  };
}
