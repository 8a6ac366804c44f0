/** The index of shards against a plain list of what happened: every ordinal, after every kind of ending, before and after it was saved. */
import { describe, expect, test } from 'vitest';
import type { AuditedShard, Ending } from '../../../../core/ledger/audit.ts';
import { duplicateOrdinals as plainDuplicates } from '../../../../core/ledger/audit.ts';
import { seededRng } from '../../../../core/rng.ts';
import type { ConsumptionEvent } from '../../../../schemas/messages.ts';
import { duplicateOrdinals } from '../../../../workers/runtime/shard-index/duplicates.ts';
import { indexFromBytes, indexToBytes } from '../../../../workers/runtime/shard-index/index-bytes.ts';
import { PartitionIndex } from '../../../../workers/runtime/shard-index/partition-index.ts';

interface Plain {
  readonly shards: AuditedShard[];
  next: number;
  free: { start: number; end: number }[];
}

function allocated(plain: Plain, id: number, slice: { start: number; end: number }): AuditedShard {
  const where = { partition: 0, shard: id, name: 's', generation: 0, stream: `s/web/${id % 3}`, pool: 'p', incarnation: `life-${id % 5}` };
  const shard: AuditedShard = { ...where, ...slice, decidedAtMs: 1_790_000_000_000 + id, ending: 'open', slices: [] };
  plain.shards.push(shard);
  return shard;
}

/** Shards are cut from the end or from what came back, anywhere; ended in every way; ids leave gaps, as other records do. */
function history(seed: number, steps: number): { readonly plain: Plain; readonly index: PartitionIndex } {
  const rng = seededRng(seed);
  const plain: Plain = { shards: [], next: 0, free: [] };
  const index = new PartitionIndex(0);
  const pick = (count: number): number => Math.floor(rng.next() * count);
  for (let step = 0; step < steps; step++) {
    const id = step * 2;
    const reused = plain.free.length > 0 && rng.next() < 0.5 ? plain.free.splice(pick(plain.free.length), 1)[0] : undefined;
    const slice = reused ?? { start: plain.next, end: plain.next + 1 + pick(20) };
    plain.next = Math.max(plain.next, slice.end);
    index.set(id, allocated(plain, id, slice));
    const open = plain.shards.filter(({ ending }) => ending === 'open');
    if (open.length < 4) continue;
    const shard = open[pick(open.length)] as AuditedShard;
    const ending = (['returned', 'returned', 'burnt', 'lost'] as const satisfies readonly Ending[])[pick(4)] as Ending;
    const middle = shard.start + pick(shard.end - shard.start);
    const isPart = rng.next() < 0.3 && middle + 1 < shard.end;
    const slices =
      ending === 'lost' ? [] : isPart && ending === 'returned' ? [{ start: middle, end: middle + 1 }] : [{ start: middle, end: shard.end }];
    Object.assign(shard, { ending, slices });
    index.set(shard.shard, shard);
    if (ending === 'returned') plain.free.push(...slices);
  }
  return { plain, index };
}

function plainHolder({ shards }: Plain, ordinal: number): number | undefined {
  const isLive = ({ start, end, ending, slices }: AuditedShard): boolean =>
    ordinal >= start && ordinal < end && !(ending === 'returned' && slices.some((slice) => ordinal >= slice.start && ordinal < slice.end));
  return shards.findLast(isLive)?.shard;
}

describe('the index of a partition', () => {
  test.each([1, 2, 3])('knows the holder of every ordinal, also after it was saved and loaded, with seed %s', (seed) => {
    const { plain, index } = history(seed, 600);
    const saved = indexToBytes({ index, consumptionNext: 7, ledger: 'state' });
    // At an odd place of a larger buffer: pages are copied to where numbers may lie.
    const moved = new Uint8Array(saved.byteLength + 3);
    moved.set(saved, 3);
    const loaded = indexFromBytes(moved.subarray(3));
    expect(loaded).toMatchObject({ consumptionNext: 7, ledger: 'state' });
    const wrong: number[] = [];
    for (let ordinal = 0; ordinal < plain.next + 2; ordinal++) {
      const holder = plainHolder(plain, ordinal);
      if (index.holderOf('s', 0, ordinal)?.shard !== holder || loaded?.index.holderOf('s', 0, ordinal)?.shard !== holder)
        wrong.push(ordinal);
    }
    expect(wrong).toEqual([]);
    const byId = (all: Iterable<AuditedShard>): AuditedShard[] => [...all].sort((a, b) => a.shard - b.shard);
    const known = byId(index.values()).map(({ ...shard }) =>
      Object.fromEntries(Object.keys(plain.shards[0] ?? {}).map((key) => [key, shard[key as keyof AuditedShard]])),
    );
    expect(known).toEqual(plain.shards);
    expect(byId(loaded?.index.values() ?? [])).toEqual(byId(index.values()));
  });

  test('counts ordinals in the live parts of two shards as the plain audit does', async () => {
    const { plain, index } = history(4, 600);
    expect(await duplicateOrdinals([index])).toBe(0);
    for (const [id, slice] of [
      [90_001, { start: 10, end: 400 }],
      [90_003, { start: 300, end: 310 }],
    ] as const)
      index.set(id, allocated(plain, id, slice));
    const expected = plainDuplicates(plain.shards);
    expect(expected).toBeGreaterThan(100);
    expect(await duplicateOrdinals([index])).toBe(expected);
  });

  test('goes on with shards that are cut in descending order, beyond the runs that it keeps in order', () => {
    const index = new PartitionIndex(0);
    const plain: Plain = { shards: [], next: 0, free: [] };
    for (let id = 0; id < 1_000; id++) index.set(id, allocated(plain, id, { start: 10_000 - id * 10, end: 10_010 - id * 10 }));
    for (let ordinal = 0; ordinal < 10_010; ordinal += 7) expect(index.holderOf('s', 0, ordinal)?.shard).toBe(plainHolder(plain, ordinal));
  });

  test('takes numbers of any size, and 48 bytes a shard', () => {
    const index = new PartitionIndex(0);
    const plain: Plain = { shards: [], next: 0, free: [] };
    const id = 2 ** 33;
    const shard = allocated(plain, id, { start: 2 ** 52, end: 2 ** 52 + 2 ** 35 });
    index.set(id, shard);
    const cursor = { generation: 0, partition: 0, shard: id, from: shard.start + 2 ** 34, to: shard.start + 2 ** 34 + 5, returned: 2 };
    // Reported by a clock that is behind, over an hour.
    const event = { stream: shard.stream, fromMs: shard.decidedAtMs - 3_605_000, toMs: shard.decidedAtMs - 5_000 } as ConsumptionEvent;
    index.note(event, cursor);
    const found = indexFromBytes(indexToBytes({ index, consumptionNext: 0, ledger: '' }))?.index.holderOf('s', 0, shard.end - 1);
    expect(found).toMatchObject({ ...shard, report: { from: cursor.from, to: cursor.to, fromMs: event.fromMs, toMs: event.toMs } });
    expect(found?.reportedIssued).toBe(3);
    for (let next = 1; next <= 8_192; next++) index.set(id + next, allocated(plain, id + next, { start: next * 4, end: next * 4 + 4 }));
    expect(index.bytes / index.size).toBeLessThan(49);
  });

  test('keeps a report whose shard it has not met, until it does', () => {
    const index = new PartitionIndex(0);
    const event = { stream: 's/web/1', fromMs: 1_000, toMs: 2_000 } as ConsumptionEvent;
    index.note(event, { generation: 0, partition: 0, shard: 4, from: 0, to: 6, returned: 0 });
    index.set(4, allocated({ shards: [], next: 0, free: [] }, 4, { start: 0, end: 10 }));
    expect(index.get(4)?.report).toEqual({ from: 0, to: 6, fromMs: 1_000, toMs: 2_000 });
    index.note(event, { generation: 0, partition: 0, shard: 4, from: 3, to: 8, returned: 0 });
    expect(index.problems).toEqual(['shard 0:4 was reported from 3 after it stood at 6']);
  });
});
