/**
 * Histories of a gapless sequence, drawn at random: grants, returns and lives that are right or wrong in some field, with everything that
 * others may say in between. Moves are numbers; what they stand for follows from the folded state.
 */
import fc from 'fast-check';
import type { ShardsRecord } from '../../../core/ledger/records.ts';
import type { Rejection, Verdict } from '../../../core/ledger/verdict.ts';
import {
  appendShards,
  assign,
  DECISION,
  define,
  emptyLedger,
  extended,
  type Ledger,
  open,
  opened,
  raiseLevels,
  rebase,
  SHARED,
  sourcesOf,
} from './ledger-fixture.ts';

/** Why only records about gapless sequences are rejected. */
export const OF_GAPLESS: readonly Rejection[] = [
  'level-too-low',
  'claimed-elsewhere',
  'not-contiguous',
  'gapless-shard-open',
  'not-the-current-life',
  'operations-lost',
  'too-many-lives',
];

const KINDS = ['grant', 'grant', 'grant', 'return', 'return', 'whole', 'burn', 'lose', 'move', 'live', 'log', 'range', 'rebase'] as const;

export interface Move {
  readonly kind: (typeof KINDS)[number];
  readonly x: number;
  readonly y: number;
  /** How far off the right number is: usually not at all. */
  readonly off: number;
}

export const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    x: fc.nat(100),
    y: fc.nat(100),
    off: fc.constantFrom(0, 0, 0, 0, 1, -1),
  }),
  { minLength: 10, maxLength: 60, size: 'max' },
);

export function beginning(): Ledger {
  return extended(emptyLedger(), raiseLevels(), define({ guarantee: 'gapless' }), assign(SHARED), opened('life-0', '', 0), open(0, 50));
}

export function act(ledger: Ledger, made: Move): Verdict {
  const { kind, x, y, off } = made;
  if (kind === 'range')
    return open((ledger.ranges.live.get('s')?.next ?? 0) + off, (ledger.ranges.live.get('s')?.next ?? 0) + 1 + (x % 40))(ledger);
  // A generation ends rarely: most of what happens should happen within one.
  if (kind === 'rebase') return x % 10 === 0 ? rebase({ guarantee: 'gapless' })(ledger) : act(ledger, { ...made, kind: 'grant' });
  return appendShards(ledger, recordOf(ledger, made, y));
}

function recordOf(ledger: Ledger, { kind, x, off }: Move, y: number): ShardsRecord {
  const { shards } = ledger;
  const stream = shards.streams.get(SHARED);
  const current = shards.lives.get('pool');
  const open = [...shards.openShards.values()];
  const shard = off === 0 ? open.at(-1) : open[x % Math.max(1, open.length)];
  const incarnation = off === 1 && x % 2 === 0 ? 'life-x' : (current?.life ?? '');
  switch (kind) {
    case 'return': {
      const from = (shard?.start ?? 0) + (x % Math.max(1, (shard?.end ?? 0) - (shard?.start ?? 0)));
      return {
        kind: 'ShardReturned',
        shard: shard?.id ?? x,
        incarnation,
        slices: [{ start: from, end: (shard?.end ?? 1) + (off === -1 ? off : 0) }],
      };
    }
    case 'whole':
      return { kind: 'ShardReturned', shard: open[0]?.id ?? x, incarnation, slices: [] };
    case 'burn':
      return { kind: 'ShardBurned', shard: shard?.id ?? x, incarnation, from: shard?.start ?? 0 };
    case 'lose':
      return { kind: 'PoolLost', pool: 'pool', incarnation: shard?.incarnation ?? 'life-x', atMs: 0 };
    case 'move':
      return { kind: 'StreamAssigned', stream: SHARED, pool: x % 3 === 0 ? 'other' : 'pool', assignment: (stream?.assignment ?? 0) + 1 };
    case 'live':
      return {
        kind: 'LifeOpened',
        pool: 'pool',
        life: `life-${shards.nextOffset}`,
        previous: incarnation,
        ops: (current?.ops ?? 0) + (y % 5) - (x % 2),
      };
    case 'log':
      return { kind: 'OpsLogged', pool: 'pool', life: incarnation, ops: (current?.ops ?? 0) + (y % 5) - (x % 2) };
    default: {
      const sources = sourcesOf(ledger).sort((a, b) => a.cursor - b.cursor);
      const source = off === 0 ? sources[0] : sources[x % Math.max(1, sources.length)];
      const start = source?.cursor ?? 0;
      const end = Math.min(start + 1 + (y % 20), source?.end ?? 1);
      const pool = stream?.pool ?? 'pool';
      const life = off === 1 ? incarnation : (shards.lives.get(pool)?.life ?? '');
      return {
        kind: 'ShardAllocated',
        source: source?.id ?? x,
        start,
        end,
        stream: SHARED,
        pool,
        incarnation: life,
        order: (stream?.lastOrder ?? 0) + 1,
        decision: DECISION,
      };
    }
  }
}
