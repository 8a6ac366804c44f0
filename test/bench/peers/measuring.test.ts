/** How runs are summed up, and what is seen in the answers. */
import { describe, expect, it } from 'vitest';
import { Answers } from '../../../bench/peers/answers.ts';
import { leafBlocks, reactiveBlocks } from '../../../bench/peers/block-peers.ts';
import { snowflake, uuidV7 } from '../../../bench/peers/clock-peers.ts';
import type { PeerSession, Value } from '../../../bench/peers/peer.ts';
import { areApart, quantiles, spread } from '../../../bench/peers/statistics.ts';

describe('the statistics', () => {
  it('are the median and the range of runs, and the nearest rank of waits, whatever their order', () => {
    expect(spread([5, 1, 9])).toEqual({ median: 5, min: 1, max: 9 });
    expect(() => spread([])).toThrow('nothing was measured');
    const waits = Array.from({ length: 1_000 }, (_, index) => 1_000 - index);
    expect(quantiles(waits)).toEqual({ p50Ms: 500, p99Ms: 990, p999Ms: 999 });
    expect(quantiles([3, 1, 2])).toEqual({ p50Ms: 2, p99Ms: 3, p999Ms: 3 });
  });

  it('say that two are apart only when every run of one is beyond every run of the other', () => {
    expect(areApart(spread([1, 2, 3]), spread([4, 5]))).toBe(true);
    expect(areApart(spread([4, 5]), spread([1, 2, 4]))).toBe(false);
  });
});

describe('the answers', () => {
  it('are in order where calls that overlap get theirs in any order, and not where a later call gets less', () => {
    const overlapping = new Answers();
    const [first, second] = [overlapping.begin(), overlapping.begin()];
    overlapping.end(0, 2, first);
    overlapping.end(1, 1, second);
    expect(overlapping.facts(true)).toEqual({ values: 2, duplicates: 0, gaps: 0, outOfOrder: 0, outOfOrderOfCaller: 0 });

    const later = new Answers();
    later.end(0, 5, later.begin());
    later.end(1, 1, later.begin());
    later.end(0, 3, later.begin());
    expect(later.facts(true)).toMatchObject({ outOfOrder: 2, outOfOrderOfCaller: 1, gaps: 2 });
  });

  it('count what came twice, and no gaps where values are made of a clock', () => {
    const seen = new Answers();
    for (const value of ['a', 'b', 'b']) seen.end(0, value, seen.begin());
    expect(seen.facts(false)).toEqual({ values: 3, duplicates: 1, gaps: undefined, outOfOrder: 1, outOfOrderOfCaller: 1 });
  });
});

async function taken({ next }: PeerSession, count: number): Promise<Value[]> {
  const values: Value[] = [];
  while (values.length < count) values.push(await next(0, 1));
  return values;
}

describe('the rules written anew', () => {
  it('hand out each value of their blocks once, and know how many are left', async () => {
    const counter = () => {
      let reached = 0;
      const asked: number[] = [];
      async function fetch(count: number): Promise<number> {
        asked.push(count);
        reached += count;
        return reached - count + 1;
      }
      return { asked, fetch };
    };
    const [plain, leaf] = [counter(), counter()];
    const blocks = reactiveBlocks(plain.fetch, 10);
    expect(await taken(blocks, 25)).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
    expect([plain.asked, blocks.idle(25)]).toEqual([[10, 10, 10], 5]);

    // The first two blocks have the step of the row; each further one is twice as large as the one before.
    const segments = leafBlocks(leaf.fetch, 10, () => 0);
    expect(await taken(segments, 44)).toEqual(Array.from({ length: 44 }, (_, index) => index + 1));
    expect(leaf.asked).toEqual([10, 10, 20, 40]);
    expect(segments.idle(44)).toBe(80 - 44);
  });

  it('make ids that ascend and do not repeat, within a millisecond, across them, and when the clock goes back', () => {
    let ms = Date.UTC(2026, 0, 1);
    const [id, uuid] = [snowflake(() => ms), uuidV7(() => ms)];
    const take = (): [bigint, string] => [id(), uuid()];
    const all = [...Array.from({ length: 1_000 }, take)];
    ms += 1;
    all.push(take());
    ms -= 5;
    all.push(...Array.from({ length: 1_000 }, take));
    const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(all.map(([, text]) => text).filter((text) => !form.test(text))).toEqual([]);
    const fallen = all.filter(([bits, text], index) => {
      const [bitsBefore, textBefore] = all[index - 1] ?? [0n, ''];
      return bits <= bitsBefore || text <= textBefore;
    });
    expect(fallen).toEqual([]);
  });
});
