import { describe, expect, test } from 'vitest';
import { type GroupShare, sharePartitions } from '../../../adapters/kafka/assigner.ts';
import { chance } from '../../conformance/harness.ts';

const COUNT = 12;

function fresh(...names: readonly string[]): GroupShare[] {
  return names.map((member) => ({ member, held: [] }));
}

/** The members as they ask again, with what they got. */
function holding(shares: ReadonlyMap<string, readonly number[]>): GroupShare[] {
  return [...shares].map(([member, held]) => ({ member, held }));
}

function moved(before: ReadonlyMap<string, readonly number[]>, after: ReadonlyMap<string, readonly number[]>): number {
  return [...after].flatMap(([member, partitions]) => partitions.filter((each) => !before.get(member)?.includes(each))).length;
}

describe('the shares of a group', () => {
  test('hold every partition once and differ by one at most, whatever members claim to have had', () => {
    for (let seed = 0; seed < 200; seed++) {
      const below = chance(seed);
      const count = 1 + below(20);
      const members = Array.from({ length: 1 + below(9) }, (_, index) => ({
        member: `m${index}`,
        held: Array.from({ length: below(8) }, () => below(25) - 2),
      }));
      const shares = [...sharePartitions(members, count).values()];
      expect(shares.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
      const sizes = shares.map((share) => share.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });

  test('stay where they are when nothing changed', () => {
    const before = sharePartitions(fresh('a', 'b', 'c'), COUNT);
    expect(moved(before, sharePartitions(holding(before), COUNT))).toBe(0);
  });

  test('move only what a new member needs, and only what a lost one had', () => {
    const two = sharePartitions(fresh('a', 'b'), COUNT);
    const three = sharePartitions([...holding(two), ...fresh('c')], COUNT);
    expect(moved(two, three)).toBe(4);
    const without = sharePartitions(
      holding(three).filter(({ member }) => member !== 'a'),
      COUNT,
    );
    expect(moved(three, without)).toBe(4);
  });

  test('are the same in whatever order the members are listed', () => {
    const members: GroupShare[] = [
      { member: 'a', held: [0, 1] },
      { member: 'b', held: [1, 2] },
      { member: 'c', held: [] },
    ];
    expect(sharePartitions([...members].reverse(), COUNT)).toEqual(sharePartitions(members, COUNT));
  });

  test('leave members without any where there are more members than partitions', () => {
    const shares = sharePartitions(fresh('a', 'b', 'c'), 2);
    expect([...shares.values()].map((share) => share.length).sort()).toEqual([0, 1, 1]);
  });
});
