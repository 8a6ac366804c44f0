/** What holds for every log, whatever was appended to it and in whatever order: late copies, losers of races and nonsense included. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { duplicateOrdinals, isBalanced } from '../../../core/ledger/audit.ts';
import { proposeClaim, proposeShards, usableOrdinals } from '../../../core/ledger/proposing.ts';
import { emptyRanges, replayRanges } from '../../../core/ledger/ranges.ts';
import { replayShards } from '../../../core/ledger/shards.ts';
import { emptyShards, type ShardsState } from '../../../core/ledger/shards-state.ts';
import { rangesFromJson, rangesToJson, shardsFromJson, shardsToJson } from '../../../core/ledger/state-json.ts';
import { REJECTIONS, type Rejection, type Verdict } from '../../../core/ledger/verdict.ts';
import { OF_GAPLESS } from './gapless-history.ts';
import { DECISION } from './ledger-fixture.ts';
import {
  accounts,
  act,
  emptyHistory,
  fold,
  type History,
  historyOf,
  type LogRecord,
  type Move,
  moves,
  owned,
  PARTITIONS,
} from './ledger-history.ts';

/** Bytes of all folded states. */
function bytesOf({ ranges, audits }: Pick<History, 'ranges' | 'audits'>): string[] {
  return [rangesToJson(ranges), ...audits.map(({ state }) => shardsToJson(state))];
}

function withoutOffsets(bytes: readonly string[]): string[] {
  return bytes.map((each) => each.replace(/"nextOffset":\d+/, ''));
}

function forEveryHistory(check: (made: readonly Move[]) => void, parameters: { numRuns: number; seed?: number } = { numRuns: 200 }): void {
  fc.assert(fc.property(moves, check), parameters);
}

describe('every history', () => {
  test('gives no ordinal to two live shards, and has exactly one owner for each', () => {
    forEveryHistory((made) => {
      const history = emptyHistory();
      for (const each of made) {
        act(history, each);
        expect(duplicateOrdinals(history.audits.flatMap(({ shards }) => [...shards.values()]))).toBe(0);
        for (const intervals of owned(history).values()) {
          const sorted = intervals.filter(({ start, end }) => start < end).sort((a, b) => a.start - b.start);
          for (const [i, interval] of sorted.entries()) expect(interval.start).toBeGreaterThanOrEqual(sorted[i - 1]?.end ?? 0);
        }
      }
    });
  });

  test('accounts for every claimed ordinal after each record', () => {
    forEveryHistory((made) => {
      const history = emptyHistory();
      for (const each of made) {
        act(history, each);
        for (const account of accounts(history)) expect(isBalanced(account), JSON.stringify(account)).toBe(true);
      }
    });
  });

  test('never leaves the capacity of its sequences', () => {
    forEveryHistory((made) => {
      const { ranges } = historyOf(made);
      for (const { next, capacity } of ranges.generations.values()) expect(next).toBeLessThanOrEqual(capacity);
      for (const claim of ranges.claims.values())
        expect(claim.end).toBeLessThanOrEqual(ranges.generations.get(claim.generation)?.capacity ?? 0);
    });
  });

  test('is changed by accepted records only: a rejected one leaves the same bytes, and is passed', () => {
    forEveryHistory((made) => {
      const history = emptyHistory();
      for (const each of made) {
        const before = bytesOf(history);
        const { verdict } = act(history, each);
        const after = bytesOf(history);
        if (verdict !== 'accepted') expect(withoutOffsets(after)).toEqual(withoutOffsets(before));
        expect(after).not.toEqual(before);
      }
    });
  });

  test('gives ordered streams ascending shards, above all they still hold', () => {
    forEveryHistory((made) => {
      const history = emptyHistory();
      for (const each of made) {
        const { entry, verdict } = act(history, each);
        if (verdict !== 'accepted' || entry.log !== 'shards' || entry.record.kind !== 'ShardAllocated') continue;
        const { state } = history.audits[entry.partition] as History['audits'][number];
        const open = (state.streams.get(entry.record.stream)?.open ?? []).filter(
          (shard) => shard.ordered && shard.generation === state.openShards.get(entry.offset)?.generation,
        );
        for (const [i, shard] of open.entries()) expect(shard.start).toBeGreaterThanOrEqual(open[i - 1]?.end ?? 0);
      }
    });
  });

  test('meets nearly every reason to reject, so that the above says something', () => {
    const met = new Set<Verdict>();
    forEveryHistory(
      (made) => {
        const history = emptyHistory();
        for (const each of made) met.add(act(history, each).verdict);
      },
      { numRuns: 2_000, seed: 1 },
    );
    // A shard larger than 2^40 and a return of 256 slices do not fit into sequences this small; gapless ones have a test of their own.
    const beyond: Rejection[] = ['shard-too-large', 'too-many-slices', ...OF_GAPLESS];
    expect(REJECTIONS.filter((reason) => !met.has(reason) && !beyond.includes(reason))).toEqual([]);
  });
});

describe('every reader', () => {
  test('that starts from a snapshot comes to the same bytes as one that folded from zero', () => {
    fc.assert(
      fc.property(moves, fc.nat(), (made, at) => {
        const whole = historyOf(made);
        const cut = at % (whole.records.length + 1);
        const reader = emptyHistory();
        for (const entry of whole.records.slice(0, cut)) fold(reader, entry);
        const ranges = rangesFromJson(rangesToJson(reader.ranges));
        const shards = reader.audits.map(({ state }) => shardsFromJson(shardsToJson(state)));
        for (const entry of whole.records.slice(cut)) judge({ ranges, shards }, entry);
        expect([rangesToJson(ranges), ...shards.map(shardsToJson)]).toEqual(bytesOf(whole));
      }),
      { numRuns: 200 },
    );
  });

  test('agrees with every other on every verdict, in whatever order it reads the logs', () => {
    fc.assert(
      fc.property(moves, fc.array(fc.nat(2), { minLength: 30 }), (made, order) => {
        const first = emptyHistory();
        const verdicts = new Map<LogRecord, Verdict>();
        for (const each of made) {
          const { entry, verdict } = act(first, each);
          verdicts.set(entry, verdict);
        }
        const queues = [
          first.records.filter((entry) => entry.log === 'ranges'),
          ...PARTITIONS.map((partition) => first.records.filter((entry) => entry.log === 'shards' && entry.partition === partition)),
        ];
        const second = { ranges: emptyRanges(0), shards: PARTITIONS.map((partition) => emptyShards(partition)) };
        for (let turn = 0; queues.some((queue) => queue.length > 0); turn++) {
          // After the given order every log is read on in turn, the ranges log included, so nothing waits for ever.
          const queue = queues[order[turn] ?? turn % queues.length] as LogRecord[];
          const [entry] = queue;
          if (entry === undefined) continue;
          const verdict = judge(second, entry);
          if (verdict === 'wait') continue;
          queue.shift();
          expect(verdict).toBe(verdicts.get(entry));
        }
        expect([rangesToJson(second.ranges), ...second.shards.map(shardsToJson)]).toEqual(bytesOf(first));
      }),
      { numRuns: 200 },
    );
  });
});

describe('a proposal from the state of any history', () => {
  test('to cut shards is accepted whole when nothing comes between, and says truly what is missing', () => {
    fc.assert(
      fc.property(moves, fc.nat(3), fc.integer({ min: 1, max: 400 }), (made, streamIndex, count) => {
        const history = historyOf(made);
        for (const { state } of history.audits) {
          const stream = [...state.streams.values()][streamIndex];
          const generation = stream === undefined ? undefined : history.ranges.live.get(stream.id.slice(0, 1));
          if (stream === undefined || generation === undefined || stream.open.length > 0) continue;
          const name = generation.name;
          const options = { stream, name, generation: generation.id };
          const usable = usableOrdinals(state, options);
          const { records, missing } = proposeShards(state, {
            ...options,
            pool: stream.pool,
            incarnation: 'fresh life',
            count,
            decision: DECISION,
          });
          const sizes = records.map(({ start, end }) => end - start);
          expect(sizes.reduce((sum, size) => sum + size, 0) + missing).toBe(count);
          if (records.length < 8) expect(missing).toBe(Math.max(0, count - usable));
          for (const record of records) expect(replayShards(state, state.nextOffset, record, () => history.ranges)).toBe('accepted');
        }
      }),
      { numRuns: 300 },
    );
  });

  test('to claim a range is accepted, and never reaches beyond the last ordinal', () => {
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 2 ** 45 }), fc.boolean(), (made, needed, alone) => {
        const { ranges } = historyOf(made);
        for (const generation of ranges.live.values()) {
          const { next, capacity } = generation;
          const proposed = proposeClaim(generation, 0, needed, alone);
          if (next === capacity) expect(proposed).toBeUndefined();
          else expect(replayRanges(ranges, ranges.nextOffset, proposed as NonNullable<typeof proposed>)).toBe('accepted');
          expect(generation.next).toBeLessThanOrEqual(capacity);
        }
      }),
      { numRuns: 200 },
    );
  });
});

function judge(reader: { readonly ranges: History['ranges']; readonly shards: readonly ShardsState[] }, entry: LogRecord): Verdict {
  if (entry.log === 'ranges') return replayRanges(reader.ranges, entry.offset, entry.record);
  return replayShards(reader.shards[entry.partition] as ShardsState, entry.offset, entry.record, () => reader.ranges);
}
