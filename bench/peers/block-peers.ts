/**
 * Blocks handed out in the caller's process, as most generators do it: fetched when the last one is used up, or by Leaf's segment rule,
 * which is written here anew over a table of ours. It is the rule that is compared, not the product.
 */
import type { Lines } from './lines.ts';
import type { Peer, PeerSession } from './peer.ts';

const BLOCK = 1_000;
const LEAF_PREFETCH_AT_USED = 0.1;
const LEAF_SHORT_MS = 15 * 60_000;
const LEAF_STEP_MAX = 1_000_000;

interface Block {
  next: number;
  end: number;
}

/** Sets `count` values aside; resolves with the first of them. */
export type Fetch = (count: number) => Promise<number>;

/** A block at a time: whoever finds none asks for one, and all wait for it. */
export function reactiveBlocks(fetch: Fetch, size: number): PeerSession {
  const block: Block = { next: 0, end: 0 };
  let fetching: Promise<void> | undefined;

  async function fetched(): Promise<void> {
    try {
      block.next = await fetch(size);
      block.end = block.next + size;
    } finally {
      fetching = undefined;
    }
  }
  async function later(): Promise<number> {
    while (block.next >= block.end) {
      fetching ??= fetched();
      await fetching;
    }
    return block.next++;
  }

  return {
    next: () => (block.next < block.end ? block.next++ : later()),
    idle: () => block.end - block.next,
    close: async () => undefined,
  };
}

/**
 * Leaf's segment rule: two blocks, the second fetched when a tenth of the first is used; twice as large as the one before where that was
 * fetched less than a quarter of an hour ago, as it always was within a bench.
 */
export function leafBlocks(fetch: Fetch, rowStep: number, nowMs: () => number): PeerSession {
  let current: Block = { next: 0, end: 0 };
  let following: Block | undefined;
  let fetching: Promise<void> | undefined;
  let [fetches, fetchedAtMs, step, threshold] = [0, 0, rowStep, 0];

  function nextStep(): number {
    fetches++;
    if (fetches <= 2) return rowStep;
    const sinceMs = nowMs() - fetchedAtMs;
    if (sinceMs < LEAF_SHORT_MS) return step * 2 > LEAF_STEP_MAX ? step : step * 2;
    if (sinceMs < 2 * LEAF_SHORT_MS) return step;
    return step / 2 >= rowStep ? Math.floor(step / 2) : step;
  }
  async function fetched(): Promise<void> {
    try {
      step = nextStep();
      fetchedAtMs = nowMs();
      const start = await fetch(step);
      following = { next: start, end: start + step };
    } finally {
      fetching = undefined;
    }
  }
  function prefetch(): void {
    if (following !== undefined || fetching !== undefined) return;
    fetching = fetched();
    // Whoever runs dry hears of it.
    fetching.catch(() => undefined);
  }
  async function later(): Promise<number> {
    while (current.next >= current.end) {
      if (following === undefined) prefetch();
      await fetching;
      if (following === undefined || current.next < current.end) continue;
      current = following;
      following = undefined;
      threshold = current.next + Math.floor((current.end - current.next) * LEAF_PREFETCH_AT_USED);
    }
    return current.next++;
  }

  return {
    next() {
      if (current.next >= threshold) prefetch();
      return current.next < current.end ? current.next++ : later();
    },
    idle: () => current.end - current.next + (following === undefined ? 0 : following.end - following.next),
    close: async () => undefined,
  };
}

function fetchFromPostgres(lines: Lines, counter: string): Fetch {
  const text = `UPDATE ${counter} SET max_id = max_id + $1 WHERE tag = 'orders' RETURNING max_id`;
  return async (count) => Number((await lines.aside({ name: `fetch-${counter}`, text, values: [count] })).rows[0]?.max_id) - count + 1;
}

async function prepareTable(lines: Lines, counter: string): Promise<void> {
  await lines.aside(
    `DROP TABLE IF EXISTS ${counter};
     CREATE TABLE ${counter} (tag text PRIMARY KEY, max_id bigint NOT NULL, step int NOT NULL);
     INSERT INTO ${counter} VALUES ('orders', 0, ${BLOCK})`,
  );
}

export const HI_LO: Peer = {
  name: 'hi-lo',
  title: `hi-lo over PostgreSQL, blocks of ${BLOCK}`,
  ...{ kind: 'in process', isOurs: false, needs: ['postgres'], stockIs: 'in the caller' },
  how: 'pg, UPDATE … RETURNING a block when the last one is used up',
  prepare: prepareTable,
  open: (lines, counter) => reactiveBlocks(fetchFromPostgres(lines, counter), BLOCK),
};

export const LEAF_RULE: Peer = {
  name: 'leaf-rule',
  title: 'the rule of Leaf segment over PostgreSQL',
  ...{ kind: 'in process', isOurs: false, needs: ['postgres'], stockIs: 'in the caller' },
  how: `pg, own code: two blocks, step ${BLOCK} that doubles up to a million`,
  prepare: prepareTable,
  open: (lines, counter) => leafBlocks(fetchFromPostgres(lines, counter), BLOCK, () => performance.now()),
};

export const REDIS_BLOCKS: Peer = {
  name: 'redis-incrby',
  title: `Redis INCRBY, blocks of ${BLOCK}`,
  ...{ kind: 'in process', isOurs: false, needs: ['redis'], stockIs: 'in the caller' },
  how: 'ioredis, INCRBY when the last block is used up; append-only file, synced every second',
  prepare: async (lines, counter) => void (await lines.redis('redisDurable').alone.del(counter)),
  open: (lines, counter) => {
    const { alone } = lines.redis('redisDurable');
    return reactiveBlocks(async (count) => (await alone.incrby(counter, count)) - count + 1, BLOCK);
  },
};
