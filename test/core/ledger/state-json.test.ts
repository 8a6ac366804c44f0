import { describe, expect, test } from 'vitest';
import { LEDGER_LEVEL } from '../../../core/ledger/ranges.ts';
import { ALL_RULES } from '../../../core/ledger/rules.ts';
import {
  isReadableState,
  rangesFromJson,
  rangesToJson,
  STATE_SCHEMA,
  shardsFromJson,
  shardsToJson,
} from '../../../core/ledger/state-json.ts';
import {
  allocate,
  answered,
  assign,
  claim,
  contentOf,
  define,
  drop,
  expectRejected,
  extended,
  folded,
  gaplessLedger,
  granted,
  type Ledger,
  lost,
  offsetOf,
  open,
  rebase,
  recalled,
  returned,
} from './ledger-fixture.ts';

/** A ledger in which every part of the state holds something. */
function full(): Ledger {
  return folded(
    open(0, 100),
    define({ increment: -3n, max: 10n, order: 'stream' }, 'other'),
    assign('s/mobile/api'),
    allocate('A', 0, 10),
    allocate('B', 10, 20, { stream: 's/mobile/api' }),
    allocate('C', 20, 30, { incarnation: 'life-0' }),
    returned('A', [2, 4], [6, 10]),
    recalled('B'),
    answered('r-1'),
    lost('life-0'),
    rebase({ start: 7n }),
    claim('D', 0, 10),
    drop(),
  );
}

function restored(ledger: Ledger): Ledger {
  return { ...ledger, ranges: rangesFromJson(rangesToJson(ledger.ranges)), shards: shardsFromJson(shardsToJson(ledger.shards)) };
}

describe('a folded state', () => {
  test('is written and read back to the same bytes', () => {
    const ledger = full();
    expect(contentOf(restored(ledger))).toBe(contentOf(ledger));
    const copy = restored(ledger);
    expect(copy.ranges).toEqual(ledger.ranges);
    expect(copy.shards).toEqual(ledger.shards);
    expect([copy.ranges.nextOffset, copy.shards.nextOffset]).toEqual([ledger.ranges.nextOffset, ledger.shards.nextOffset]);
  });

  test('of gapless sequences, their pools and printed numbers is read back to the same bytes', () => {
    const yearly = { format: 'INV-{YYYY}-{value:06}', reset: 'yearly', timeZone: 'Europe/Berlin', periodStart: '2026-01-01' } as const;
    const ledger = gaplessLedger(open(0, 100), granted('A', 0, 10), granted('B', 10, 20), returned('B', [14, 20]), define(yearly, 'other'));
    expect(contentOf(restored(ledger))).toBe(contentOf(ledger));
    expect(restored(ledger).shards).toEqual(ledger.shards);
    expect(restored(ledger).ranges.live.get('other')?.definition).toMatchObject(yearly);
    expectRejected(restored(ledger), granted('C', 20, 30), 'not-contiguous');
  });

  test('that holds nothing of a later level is written without a word of it, as readers of the level before wrote it', () => {
    const text = contentOf(full());
    for (const word of ['gapless', 'lives', 'guarantee', 'format', 'reset', 'periodStart']) expect(text).not.toContain(`"${word}"`);
  });

  test.each([
    ['of this version', LEDGER_LEVEL, STATE_SCHEMA, true],
    ['of the first level, in the oldest shape that is the same', 1, 2, true],
    ['of a later level', LEDGER_LEVEL + 1, STATE_SCHEMA, false],
    ['in a later shape', 1, STATE_SCHEMA + 1, false],
    ['in a shape that is no more', 1, 1, false],
  ])('%s is read or left alone', (_, level, stateSchema, isReadable) => {
    expect(isReadableState({ level, stateSchema })).toBe(isReadable);
  });

  test('shares nothing with the state it was read from', () => {
    const ledger = full();
    const before = contentOf(ledger);
    const copy = restored(ledger);
    for (const shard of copy.shards.openShards.values()) shard.recalled = !shard.recalled;
    for (const ofName of copy.shards.sources.values()) for (const source of ofName.values()) source.cursor = source.end;
    expect(contentOf(ledger)).toBe(before);
  });

  test('keeps the open shards of a stream the same objects as the open shards of the partition', () => {
    const copy = restored(full()).shards;
    const open = [...copy.streams.values()].flatMap((stream) => stream.open);
    expect(open.length).toBeGreaterThan(0);
    for (const shard of open) expect(copy.openShards.get(shard.id)).toBe(shard);
  });

  test('judges on as the state it was read from', () => {
    const ledger = full();
    const copy: Ledger = { ...restored(ledger), audit: { ...ledger.audit, state: restored(ledger).shards } };
    const late: Ledger = { ...copy, shards: copy.audit.state };
    expectRejected(late, returned('A', [2, 4]), 'shard-not-open');
    expectRejected(late, recalled('B'), 'recalled-before');
    expectRejected(late, answered('r-1'), 'request-answered-before');
    extended(late, returned('B'), define({}, 's', ledger.ranges.dropped.get('s') ?? -1));
    expect(late.shards.openShards.has(offsetOf(late, 'B'))).toBe(false);
  });

  test('is read under the rules its reader runs', () => {
    const rules = { ...ALL_RULES, returns: false };
    expect(shardsFromJson(shardsToJson(full().shards), rules).rules).toEqual(rules);
    expect(rangesFromJson(rangesToJson(full().ranges), rules).rules).toEqual(rules);
  });

  test('that names what it does not hold is read without it', () => {
    const ranges = JSON.parse(rangesToJson(full().ranges)) as { live: number[] };
    const shards = JSON.parse(shardsToJson(full().shards)) as { open: number[] };
    expect([...rangesFromJson(JSON.stringify({ ...ranges, live: [999] })).live]).toEqual([]);
    expect([...shardsFromJson(JSON.stringify({ ...shards, open: [999] })).openShards]).toEqual([]);
  });
});
