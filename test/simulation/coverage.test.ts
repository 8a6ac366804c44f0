/** What a run claims to survive must have happened in it: every fault, and every way a record can lose that faults lead to. */
import { expect, test } from 'vitest';
import { Coverage } from '../../simulator/coverage.ts';
import { countedAs, FaultPairs } from '../../simulator/fault-pairs.ts';
import { FAULTS } from '../../simulator/faults.ts';
import { runSeed } from '../../simulator/run.ts';

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
  const wanted = [...FAULTS.map(countedAs), ...CONSEQUENCES];
  expect(wanted.filter((what) => (counts[what] ?? 0) === 0)).toEqual([]);
});

test('a pair of faults counts in a run where both happened, not where both were on', () => {
  const [both, one, pairs] = [new Coverage(), new Coverage(), new FaultPairs()];
  for (const what of ['lost-append', 'event failover', 'SequenceDropped']) both.count(what);
  one.count('lost-append');
  pairs.count(both);
  pairs.count(one);
  const sum = new FaultPairs();
  for (let i = 0; i < 2; i++) sum.add(new FaultPairs(pairs.toJson()));
  expect(sum.report()).toMatchObject({ pairs: (FAULTS.length * (FAULTS.length - 1)) / 2, met: 3 });
  expect(sum.toJson().filter((runs) => runs > 0)).toEqual([2, 2, 2]);
});
