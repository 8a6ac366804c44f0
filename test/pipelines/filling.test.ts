import { describe, expect, test } from 'vitest';
import type { ShardsRecord } from '../../core/ledger/records.ts';
import { ALL_RULES } from '../../core/ledger/rules.ts';
import {
  type Effect,
  emptyFilling,
  type FillingState,
  isDrained,
  onAccepted,
  onCaughtUp,
  onDrain,
  onLoadReply,
  onNewLife,
  onRevokeReply,
  onTick,
  onWantedBack,
} from '../../pipelines/filling.ts';
import type { RevokeReply } from '../../pipelines/ports.ts';
import {
  allocate,
  appendShards,
  assign,
  fenced,
  folded,
  type Ledger,
  LIFE,
  offsetOf,
  open,
  POOL,
  recalled,
  STREAM,
} from '../core/ledger/ledger-fixture.ts';

const NOW = 5_000;
const RESEND_MS = 1_000;

/** Effects in a few words. */
function shown(effects: readonly Effect[]): string[] {
  return effects.map((effect) => {
    switch (effect.kind) {
      case 'load':
        return `load ${effect.shard.shard}`;
      case 'append': {
        const { record } = effect;
        return record.kind === 'ShardBurned'
          ? `burn ${record.shard} from ${record.from}`
          : `return ${record.shard} ${JSON.stringify(record.slices.map(({ start, end }) => [start, end]))}`;
      }
      case 'remint':
        return 'remint';
      default:
        return `${effect.kind} ${effect.shard}`;
    }
  });
}

/** A pool whose ledger has two shards of the stream, `A` [0, 10) and `B` [10, 20), both being loaded. */
function filling(): { state: FillingState; ledger: Ledger; a: number; b: number } {
  const ledger = folded(open(0, 100), allocate('A', 0, 10), allocate('B', 10, 20));
  const state = emptyFilling(POOL, LIFE);
  const [a, b] = [offsetOf(ledger, 'A'), offsetOf(ledger, 'B')];
  for (const shard of [a, b]) expect(shown(allocatedAt(state, ledger, shard))).toEqual([`load ${shard}`]);
  return { state, ledger, a, b };
}

function allocatedAt(state: FillingState, ledger: Ledger, offset: number): Effect[] {
  const shard = ledger.shards.openShards.get(offset);
  const record = {
    kind: 'ShardAllocated',
    source: 0,
    start: 0,
    end: 1,
    stream: STREAM,
    pool: POOL,
    incarnation: LIFE,
    order: 1,
    decision: shard?.decision,
  } as ShardsRecord;
  return onAccepted(state, ledger.shards, offset, record, NOW);
}

/** Appends a record, and tells the filling stage once it was accepted. */
function told(state: FillingState, ledger: Ledger, record: ShardsRecord, nowMs = NOW): string[] {
  const offset = ledger.shards.nextOffset;
  expect(appendShards(ledger, record)).toBe('accepted');
  return shown(onAccepted(state, ledger.shards, offset, record, nowMs));
}

const revokedWith = (...slices: [number, number][]): RevokeReply => ({
  outcome: 'revoked',
  incarnation: LIFE,
  slices: slices.map(([start, end]) => ({ start, end })),
});

describe('an accepted shard', () => {
  test('is loaded by the life it names, with all that the store must know of it', () => {
    const { state, ledger, a } = filling();
    expect(allocatedAt(state, ledger, a)).toEqual([
      { kind: 'load', shard: { start: 0, end: 10, stream: STREAM, sequence: 's', generation: 0, partition: 0, shard: a, ordered: false } },
    ]);
    expect(state.shards.get(0)?.get(a)).toMatchObject({ phase: 'loading', decidedAtMs: 0, sentAtMs: NOW });
  });

  test('is left alone by another pool, and by another life of this one', () => {
    const ledger = folded(open(0, 100), allocate('A', 0, 10));
    for (const state of [emptyFilling('pool-2', LIFE), emptyFilling(POOL, 'life-2')]) {
      expect(allocatedAt(state, ledger, offsetOf(ledger, 'A'))).toEqual([]);
      expect(isDrained(state)).toBe(true);
    }
    const loose = emptyFilling(POOL, 'life-2', { ...ALL_RULES, incarnation: false });
    expect(allocatedAt(loose, ledger, offsetOf(ledger, 'A'))).toHaveLength(1);
  });

  test('that was closed meanwhile is not loaded', () => {
    const { ledger } = filling();
    expect(allocatedAt(emptyFilling(POOL, LIFE), ledger, 999)).toEqual([]);
  });
});

describe('a load', () => {
  test('that was answered is done', () => {
    const { state, a } = filling();
    expect(onLoadReply(state, 0, a, 'loaded', NOW)).toEqual([]);
    expect(state.shards.get(0)?.get(a)?.phase).toBe('loaded');
    expect(onTick(state, NOW + 100 * RESEND_MS).filter((effect) => 'shard' in effect && effect.shard === a)).toEqual([]);
  });

  test.each(['seen', 'fenced', 'unknown'] as const)(
    'that was answered %s is never guessed at: the store is asked what it has',
    (outcome) => {
      const { state, a } = filling();
      expect(shown(onLoadReply(state, 0, a, outcome, NOW))).toEqual([`revoke ${a}`]);
      expect(onLoadReply(state, 0, a, 'loaded', NOW)).toEqual([]);
      expect(state.shards.get(0)?.get(a)?.phase).toBe('revoking');
    },
  );

  test('that nothing answered is of unknown outcome', () => {
    const { state, a, b } = filling();
    expect(onTick(state, NOW + RESEND_MS - 1)).toEqual([]);
    expect(shown(onTick(state, NOW + RESEND_MS))).toEqual([`revoke ${a}`, `revoke ${b}`]);
  });

  test('of a shard that is not held is no matter', () => {
    expect(onLoadReply(emptyFilling(POOL, LIFE), 0, 7, 'loaded', NOW)).toEqual([]);
    expect(onRevokeReply(emptyFilling(POOL, LIFE), 0, 7, revokedWith(), NOW)).toEqual([]);
  });
});

describe('a revoke', () => {
  const revoking = () => {
    const made = filling();
    onLoadReply(made.state, 0, made.a, 'loaded', NOW);
    expect(shown(onWantedBack(made.state, 0, made.a, NOW))).toEqual([`revoke ${made.a}`]);
    return made;
  };

  test('returns what the store took out, and nothing else', () => {
    const { state, a } = revoking();
    expect(onRevokeReply(state, 0, a, revokedWith([4, 10]), NOW)).toEqual([
      { kind: 'append', partition: 0, record: { kind: 'ShardReturned', shard: a, incarnation: LIFE, slices: [{ start: 4, end: 10 }] } },
    ]);
    expect(onRevokeReply(state, 0, a, revokedWith([0, 10]), NOW)).toEqual([]);
  });

  test('names the life that the store answered with, not the one it was asked for', () => {
    const { state, a } = revoking();
    const [append] = onRevokeReply(state, 0, a, { outcome: 'revoked', incarnation: 'life-2', slices: [] }, NOW);
    expect(append).toMatchObject({ record: { incarnation: 'life-2' } });
  });

  test('of a shard that is absent burns it: it may have been issued before it was lost', () => {
    const { state, b } = filling();
    onLoadReply(state, 0, b, 'unknown', NOW);
    expect(shown(onRevokeReply(state, 0, b, { outcome: 'absent', incarnation: LIFE }, NOW))).toEqual([`burn ${b} from 10`]);
  });

  test('that is refused by another life closes nothing: the loss of this one does', () => {
    const { state, a } = revoking();
    expect(onRevokeReply(state, 0, a, { outcome: 'fenced', incarnation: 'life-2' }, NOW)).toEqual([]);
    expect(state.shards.get(0)?.get(a)?.phase).toBe('revoking');
  });

  test('is sent again until it is answered, the return until it is read back', () => {
    const { state, ledger, a } = revoking();
    const ofA = (nowMs: number) => shown(onTick(state, nowMs)).filter((each) => each.includes(` ${a}`));
    expect(ofA(NOW + RESEND_MS)).toEqual([`revoke ${a}`]);
    expect(ofA(NOW + RESEND_MS + 1)).toEqual([]);
    onRevokeReply(state, 0, a, revokedWith([4, 10]), NOW + RESEND_MS);
    expect(ofA(NOW + 2 * RESEND_MS)).toEqual([`return ${a} [[4,10]]`]);
    expect(ofA(NOW + 3 * RESEND_MS)).toEqual([`return ${a} [[4,10]]`]);
    expect(told(state, ledger, { kind: 'ShardReturned', shard: a, incarnation: LIFE, slices: [{ start: 4, end: 10 }] })).toEqual([
      `forget ${a}`,
    ]);
    expect(ofA(NOW + 9 * RESEND_MS)).toEqual([]);
  });

  test('is sent once, whoever wants the shard back', () => {
    const { state, ledger, a } = revoking();
    expect(onWantedBack(state, 0, a, NOW)).toEqual([]);
    expect(told(state, ledger, { kind: 'ShardRecalled', shard: a, because: 'surplus' })).toEqual([]);
    expect(onWantedBack(state, 0, 999, NOW)).toEqual([]);
    expect(onWantedBack(state, 3, a, NOW)).toEqual([]);
  });

  test('goes out to a shard that is still being loaded: it makes the load fail if that comes later', () => {
    const { state, ledger, a } = filling();
    expect(told(state, ledger, { kind: 'ShardRecalled', shard: a, because: 'surplus' })).toEqual([`revoke ${a}`]);
  });
});

describe('what the ledger says', () => {
  test('of a fence takes out everything older', () => {
    const { state, ledger, a, b } = filling();
    onLoadReply(state, 0, a, 'loaded', NOW);
    expect(told(state, ledger, { kind: 'GenerationFenced', name: 'other', generation: 99 })).toEqual([]);
    expect(told(state, ledger, { kind: 'GenerationFenced', name: 's', generation: 5 })).toEqual([`revoke ${a}`, `revoke ${b}`]);
  });

  test('of a move takes out a stream in order, unless it moved here; what has no order is served on until it is recalled', () => {
    const { state, ledger, a, b } = filling();
    expect(told(state, ledger, { kind: 'StreamAssigned', stream: STREAM, pool: POOL, assignment: 2 })).toEqual([]);
    expect(told(state, ledger, { kind: 'StreamAssigned', stream: STREAM, pool: 'pool-2', assignment: 3 })).toEqual([]);
    expect(told(state, ledger, { kind: 'ShardRecalled', shard: a, because: 'drain' })).toEqual([`revoke ${a}`]);
    const held = state.shards.get(0)?.get(b);
    state.shards.get(0)?.set(b, { ...held, toLoad: { ...held?.toLoad, ordered: true } } as never);
    expect(told(state, ledger, { kind: 'StreamAssigned', stream: 's/mobile/api', pool: 'pool-2', assignment: 1 })).toEqual([]);
    expect(told(state, ledger, { kind: 'StreamAssigned', stream: STREAM, pool: 'pool-3', assignment: 4 })).toEqual([`revoke ${b}`]);
  });

  test('of a burn forgets the shard', () => {
    const { state, ledger, a } = filling();
    expect(told(state, ledger, { kind: 'ShardBurned', shard: a, incarnation: LIFE, from: 0 })).toEqual([`forget ${a}`]);
    expect(state.shards.get(0)?.has(a)).toBe(false);
  });

  test('of shards that are not held here is no matter', () => {
    const { ledger, a } = filling();
    const state = emptyFilling('pool-2', 'life-9');
    expect(told(state, ledger, { kind: 'ShardReturned', shard: a, incarnation: LIFE, slices: [] })).toEqual([]);
    expect(told(state, ledger, { kind: 'RequestAnswered', request: 'r', stream: STREAM, payloadHash: 'h', blocks: [] })).toEqual([]);
  });

  test('of its own loss begins a new life, which holds nothing', () => {
    const { state, ledger } = filling();
    expect(told(state, ledger, { kind: 'PoolLost', pool: POOL, incarnation: 'life-0', atMs: NOW })).toEqual([]);
    expect(told(state, ledger, { kind: 'PoolLost', pool: POOL, incarnation: LIFE, atMs: NOW })).toEqual(['remint']);
    onNewLife(state, 'life-2');
    expect(state.incarnation).toBe('life-2');
    expect(isDrained(state)).toBe(true);
    expect(onTick(state, NOW + 9 * RESEND_MS)).toEqual([]);
  });
});

describe('a drain', () => {
  test('takes everything out, newest first, and ends when the last return is read back', () => {
    const { state, ledger, a, b } = filling();
    onLoadReply(state, 0, a, 'loaded', NOW);
    expect(isDrained(state)).toBe(false);
    expect(shown(onDrain(state, NOW))).toEqual([`revoke ${b}`, `revoke ${a}`]);
    expect(shown(onRevokeReply(state, 0, b, revokedWith([10, 20]), NOW))).toEqual([`return ${b} [[10,20]]`]);
    expect(shown(onRevokeReply(state, 0, a, revokedWith(), NOW))).toEqual([`return ${a} []`]);
    expect(told(state, ledger, { kind: 'ShardReturned', shard: b, incarnation: LIFE, slices: [{ start: 10, end: 20 }] })).toEqual([
      `forget ${b}`,
    ]);
    expect(isDrained(state)).toBe(false);
    expect(told(state, ledger, { kind: 'ShardReturned', shard: a, incarnation: LIFE, slices: [] })).toEqual([`forget ${a}`]);
    expect(isDrained(state)).toBe(true);
  });

  test('leaves alone what is on its way back already', () => {
    const { state, a, b } = filling();
    onWantedBack(state, 0, a, NOW);
    expect(shown(onDrain(state, NOW))).toEqual([`revoke ${b}`]);
  });

  test('takes out again what was loaded after it began', () => {
    const { state, ledger } = filling();
    onDrain(state, NOW);
    expect(allocate('C', 20, 30)(ledger)).toBe('accepted');
    const c = offsetOf(ledger, 'C');
    expect(shown(allocatedAt(state, ledger, c))).toEqual([`load ${c}`]);
    expect(shown(onLoadReply(state, 0, c, 'loaded', NOW))).toEqual([`revoke ${c}`]);
  });
});

describe('a process that started anew', () => {
  test('loads what is open for its life: a shard that was loaded before says so', () => {
    const { ledger, a, b } = filling();
    const state = emptyFilling(POOL, LIFE);
    expect(shown(onCaughtUp(state, ledger.shards, NOW))).toEqual([`load ${a}`, `load ${b}`]);
    expect(shown(onLoadReply(state, 0, a, 'seen', NOW))).toEqual([`revoke ${a}`]);
  });

  test('takes out what is wanted back, recalled or fenced off, and serves on what moved away and nobody recalled yet', () => {
    const away = folded(open(0, 100), allocate('A', 0, 10), assign(STREAM, 'pool-2'));
    const recall = folded(open(0, 100), allocate('A', 0, 10), recalled('A'));
    const old = folded(open(0, 100), allocate('A', 0, 10), fenced(9));
    expect(shown(onCaughtUp(emptyFilling(POOL, LIFE), away.shards, NOW))).toEqual([`load ${offsetOf(away, 'A')}`]);
    for (const ledger of [recall, old]) {
      expect(shown(onCaughtUp(emptyFilling(POOL, LIFE), ledger.shards, NOW))).toEqual([`revoke ${offsetOf(ledger, 'A')}`]);
    }
  });

  test('leaves alone what is another life’s', () => {
    const { ledger } = filling();
    expect(onCaughtUp(emptyFilling(POOL, 'life-2'), ledger.shards, NOW)).toEqual([]);
  });

  test('whose life was declared lost meanwhile begins a new one', () => {
    const { ledger } = filling();
    expect(appendShards(ledger, { kind: 'PoolLost', pool: POOL, incarnation: LIFE, atMs: NOW })).toBe('accepted');
    expect(onCaughtUp(emptyFilling(POOL, LIFE), ledger.shards, NOW)).toEqual([{ kind: 'remint' }]);
  });
});
