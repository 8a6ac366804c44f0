/** Changes of a sequence beside an allocator that claims at the same time. */
import { describe, expect, it } from 'vitest';
import { emptyRanges, replayRanges } from '../../../../core/ledger/ranges.ts';
import type { RangesRecord } from '../../../../core/ledger/records.ts';
import { emptyShards } from '../../../../core/ledger/shards-state.ts';
import { Administration } from '../../../../workers/runtime/ledger/administration.ts';
import type { LedgerReader } from '../../../../workers/runtime/ledger/ledger-reader.ts';

/** A ledger of one partition, into which `between` writes just before a change arrives. */
function ledger() {
  const ranges = emptyRanges(0);
  const shards = emptyShards(0);
  const write = (record: RangesRecord) => replayRanges(ranges, ranges.nextOffset, record);
  const made = { ranges, write, between: [] as RangesRecord[], administration: undefined as unknown as Administration };
  const append = async (_log: string, _partition: number, records: readonly RangesRecord[]) => {
    const earlier = made.between.shift();
    if (earlier !== undefined) expect(write(earlier)).toBe('accepted');
    const verdicts = records.map(write);
    shards.minGeneration.set('orders', ranges.live.get('orders')?.id ?? 0);
    return { verdicts };
  };
  const reader = { ranges: [ranges], shards: [shards], append } as unknown as LedgerReader;
  const clock = { nowMs: () => 0 };
  const parts = { reader, partitionCount: 1, clock, monotonicMs: () => 0, nudge: () => undefined, holdsOlder: () => false };
  made.administration = new Administration(parts);
  return made;
}

function claimed(generation: number, start: number, end: number): RangesRecord {
  return { kind: 'RangeClaimed', name: 'orders', generation, partition: 0, start, end };
}

describe('an altered sequence', () => {
  it('goes on above what was claimed while its start was chosen', async () => {
    const { administration, between } = ledger();
    const { id } = await administration.create('orders', {});
    between.push(claimed(id, 0, 1_024), claimed(id, 1_024, 2_048));
    const altered = await administration.alter('orders', { rideThroughMs: 5_000 });
    // Chosen anew after each of the two claims that came in between.
    expect(altered.definition.start).toBe(2_049n);
  });

  it('starts where it was told to, whatever was claimed', async () => {
    const { administration, between } = ledger();
    const { id } = await administration.create('orders', {});
    between.push(claimed(id, 0, 1_024));
    expect((await administration.alter('orders', { start: 7n })).definition.start).toBe(7n);
  });
});
