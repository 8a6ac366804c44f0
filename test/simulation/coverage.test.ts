/** What a run claims to survive must have happened in it: every fault, and every way a record can lose that faults lead to. */
import { expect, test } from 'vitest';
import { Coverage } from '../../simulator/coverage.ts';
import { FAULTS } from '../../simulator/faults.ts';
import { runSeed } from '../../simulator/run.ts';

/** Faults that are events are counted as such. */
const EVENTS: Readonly<Record<string, string>> = {
  'stuck-on-ranges': 'event stick',
  'allocator-pause': 'event pause-allocator',
  'allocator-crash': 'event crash-allocator',
  'pool-pause': 'event pause-pool',
  'pool-crash': 'event crash-pool',
  failover: 'event failover',
  'store-restart': 'event restart-store',
  'data-loss': 'event lose-data',
  'false-suspicion': 'event suspect',
  move: 'event move',
  'planned-move': 'event planned-move',
  drain: 'event drain',
  'stray-open': 'event stray-open',
  rebase: 'SequenceRebased',
  drop: 'SequenceDropped',
  'give-back': 'give-back taken-back',
  'request-retry': 'rejected request-answered-before',
};

const CONSEQUENCES = [
  'RangeClaimed',
  'RangeOpened',
  'GenerationFenced',
  'ShardAllocated',
  'ShardRecalled',
  'ShardReturned',
  'ShardBurned',
  'PoolLost',
  'StreamAssigned',
  'RequestAnswered',
  'asked a zombie store',
  'exhausted',
  'give-back refused the second time',
  'give-back unknown-block',
  'hostile-expert heard',
  'hostile-expert turned away',
  'load fenced',
  'load seen',
  'new life',
  'planned drain',
  'planned over',
  'rejected already-lost',
  'rejected claim-not-accepted',
  'rejected claim-of-other-partition',
  'rejected claim-opened-before',
  'rejected generation-fenced',
  'rejected generation-not-current',
  'rejected incarnation-lost',
  'rejected no-such-source',
  'rejected not-after-last-drop',
  'rejected not-at-cursor',
  'rejected not-at-next-ordinal',
  'rejected not-newer-than-fence',
  'rejected order-not-next',
  'rejected other-pool',
  'rejected shard-not-open',
  'revoke absent',
  'revoke fenced',
  'served after waiting',
  'started from a snapshot',
  'started from zero',
  'waited for ranges',
];

test('200 seeds meet every fault and its consequences', () => {
  const coverage = new Coverage();
  for (let seed = 1; seed <= 200; seed++) runSeed({ seed, coverage });
  const counts = coverage.toJson();
  const wanted = [...FAULTS.map((fault) => EVENTS[fault] ?? fault), ...CONSEQUENCES];
  expect(wanted.filter((what) => (counts[what] ?? 0) === 0)).toEqual([]);
});
