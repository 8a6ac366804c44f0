import { describe, expect, test } from 'vitest';
import {
  type Account,
  type AuditedShard,
  accountsOf,
  auditedPartition,
  auditRecord,
  duplicateOrdinals,
  generationKey,
  isBalanced,
  type KnownCursor,
} from '../../../core/ledger/audit.ts';
import { emptyRanges } from '../../../core/ledger/ranges.ts';
import { ALL_RULES } from '../../../core/ledger/rules.ts';
import { emptyShards } from '../../../core/ledger/shards-state.ts';
import {
  allocate,
  assign,
  burned,
  claim,
  define,
  emptyLedger,
  extended,
  fenced,
  folded,
  type Ledger,
  lost,
  offsetOf,
  open,
  openClaim,
  rebase,
  recalled,
  returned,
  returnedBy,
  STREAM,
} from './ledger-fixture.ts';

type Known = Readonly<Record<string, KnownCursor>>;

/** The account of each generation, by its id; `known` says what stores report, by the letters of their shards. */
function accounts(ledger: Ledger, known: Known = {}): Account[] {
  const cursors = new Map(Object.entries(known).map(([letter, cursor]) => [offsetOf(ledger, letter), cursor]));
  return accountsOf(ledger.ranges, [ledger.audit], (_, shard) => cursors.get(shard));
}

const nothing = { issued: 0, stock: 0, revokedInFlight: 0, free: 0, uncut: 0, unopened: 0, void: 0, burnt: 0, inDoubt: 0 };

describe('the account of a generation', () => {
  test('books every claimed ordinal under one heading', () => {
    const ledger = folded(
      open(0, 100),
      claim('C', 100, 120),
      allocate('returned', 0, 10),
      allocate('burnt', 10, 20),
      allocate('lost', 20, 30, { incarnation: 'life-0' }),
      allocate('open', 30, 45),
      returned('returned', [6, 10]),
      burned('burnt', 13),
      lost('life-0'),
    );
    const known = { lost: { issued: 2, stock: 0, revoked: 0 }, open: { issued: 5, stock: 7, revoked: 2 } };
    const [account] = accounts(ledger, known);
    expect(account).toEqual({
      name: 's',
      generation: 0,
      claimed: 120,
      issued: 6 + 3 + 2 + 5,
      stock: 7,
      revokedInFlight: 2,
      free: 4,
      uncut: 55,
      unopened: 20,
      void: 0,
      burnt: 7,
      inDoubt: 8 + 1,
    });
    expect(isBalanced(account as Account)).toBe(true);
  });

  test('leaves a shard in doubt whose store says nothing', () => {
    const [account] = accounts(folded(open(0, 10), allocate('A', 0, 10)));
    expect(account).toEqual({ name: 's', generation: 0, claimed: 10, ...nothing, inDoubt: 10 });
  });

  test('voids what a fence or a newer generation ends: sources now, slices when they come back', () => {
    for (const end of [fenced(5), open(0, 50)]) {
      const ledger = folded(open(0, 100), allocate('A', 0, 10), allocate('B', 10, 20), returned('A', [4, 10]), rebase());
      extended(ledger, end, returned('B', [15, 20]));
      expect(accounts(ledger)[0]).toEqual({ name: 's', generation: 0, claimed: 100, ...nothing, issued: 9, void: 91 });
    }
  });

  test('is kept for each generation apart', () => {
    const ledger = folded(open(0, 100), rebase(), open(0, 30));
    expect(accounts(ledger).map(({ generation, claimed }) => [generation, claimed])).toEqual([
      [0, 100],
      [2, 30],
    ]);
  });

  test('counts a burnt shard as issued up to where it was burnt, or as far as its cursor says', () => {
    const ledger = folded(open(0, 10), allocate('A', 0, 10), burned('A', 10));
    expect(accounts(ledger)[0]).toMatchObject({ issued: 10, burnt: 0 });
    expect(accounts(ledger, { A: { issued: 9, stock: 0, revoked: 0 } })[0]).toMatchObject({ issued: 9, burnt: 1 });
    expect(accounts(ledger, { A: { issued: 99, stock: 0, revoked: 0 } })[0]).toMatchObject({ issued: 10, burnt: 0 });
  });

  test('is not balanced by a store that holds more than its shard has', () => {
    const [account] = accounts(folded(open(0, 10), allocate('A', 0, 10)), { A: { issued: 5, stock: 6, revoked: 0 } });
    expect(isBalanced(account as Account)).toBe(false);
  });

  test('is not balanced where an ordinal has no heading', () => {
    expect(isBalanced({ name: 's', generation: 0, claimed: 10, ...nothing, issued: 9 })).toBe(false);
  });

  test.each(Object.keys(nothing) as (keyof typeof nothing)[])('is balanced by what is booked as %s, to the ordinal', (heading) => {
    const booked = (ordinals: number): Account => ({ name: 's', generation: 0, claimed: 10, ...nothing, issued: 3, [heading]: ordinals });
    const whole = heading === 'issued' ? 10 : 7;
    expect([whole - 1, whole, whole + 1].map((ordinals) => isBalanced(booked(ordinals)))).toEqual([false, true, false]);
  });

  test('is not balanced by ordinals that are fewer than none, though the sum be right', () => {
    expect(isBalanced({ name: 's', generation: 0, claimed: 10, ...nothing, issued: 11, inDoubt: -1 })).toBe(false);
  });

  test('has a range as unopened until one partition of all opened it', () => {
    const ledger = folded(claim('C', 0, 10));
    const elsewhere = auditedPartition(emptyShards(1));
    const unopened = (): number | undefined => accountsOf(ledger.ranges, [elsewhere, ledger.audit], () => undefined)[0]?.unopened;
    expect(unopened()).toBe(10);
    extended(ledger, openClaim('C'));
    expect(unopened()).toBe(0);
  });

  test('has what a lost store said it held in doubt, for nobody can issue or return it any more', () => {
    const ledger = folded(open(0, 10), allocate('A', 0, 10), lost());
    expect(accounts(ledger, { A: { issued: 2, stock: 5, revoked: 1 } })[0]).toMatchObject({
      issued: 2,
      stock: 0,
      revokedInFlight: 0,
      inDoubt: 8,
    });
  });

  test('voids nothing when a further range of the same generation is opened', () => {
    expect(accounts(folded(open(0, 50), open(50, 100)))[0]).toMatchObject({ claimed: 100, uncut: 100, void: 0 });
  });

  test('is of this ranges log alone', () => {
    expect(accountsOf(emptyRanges(7), [folded(open(0, 10)).audit], () => undefined)).toEqual([]);
    const ledger = folded(open(0, 10), allocate('A', 0, 5), returned('A', [3, 5]), fenced(9));
    expect(accountsOf(emptyRanges(7), [ledger.audit], () => undefined)).toEqual([]);
  });
});

describe('the audit of a partition', () => {
  test('remembers every accepted shard, how it ended and to whom it was addressed', () => {
    const ledger = folded(open(0, 40), allocate('A', 0, 10), allocate('B', 10, 20), allocate('C', 20, 30), allocate('D', 30, 40));
    extended(ledger, returned('A', [4, 10]), burned('B', 20), returned('C'), lost());
    const shards = [...ledger.audit.shards.values()];
    expect(shards.map(({ ending, slices }) => [ending, slices])).toEqual([
      ['returned', [{ start: 4, end: 10 }]],
      ['burnt', []],
      ['returned', []],
      ['lost', []],
    ]);
    expect(shards[0]).toMatchObject({ partition: 0, shard: 2, stream: STREAM, pool: 'pool', incarnation: 'life-1', start: 0, end: 10 });
  });

  test('has a shard open, as its account has it, whatever is cut for its pool after it', () => {
    const ledger = folded(open(0, 40), allocate('A', 0, 10), allocate('B', 10, 20), recalled('B'));
    expect([...ledger.audit.shards.values()].map(({ ending }) => ending)).toEqual(['open', 'open']);
    expect(accounts(ledger, { A: { issued: 4, stock: 6, revoked: 0 } })[0]).toMatchObject({ issued: 4, stock: 6, inDoubt: 10 });
  });

  test('counts what it folded and what of that was rejected, and nothing while it waits', () => {
    const ledger = folded(open(0, 10), allocate('A', 0, 10));
    expect(returnedBy('life-2', 'A')(ledger)).toBe('other-incarnation');
    expect(ledger.audit).toMatchObject({ folded: 4, rejected: 1 });
    const audit = auditedPartition(emptyShards(0));
    expect(auditRecord(audit, 0, { kind: 'RangeOpened', claimPartition: 0, claimOffset: 0 }, () => emptyRanges(0))).toBe('wait');
    expect(audit).toMatchObject({ folded: 0, rejected: 0 });
  });

  test('begun in the middle of a log books only what it saw begin', () => {
    const ledger = folded(open(0, 20), allocate('A', 0, 10));
    const audit = auditedPartition(ledger.shards);
    const late: Ledger = { ...ledger, audit };
    extended(late, allocate('B', 10, 20), returned('A', [4, 10]));
    expect([...audit.shards.keys()]).toEqual([offsetOf(late, 'B')]);
  });
});

describe('duplicates', () => {
  const live = (start: number, end: number, more: Partial<AuditedShard> = {}): AuditedShard => ({
    partition: 0,
    shard: start,
    name: 's',
    generation: 0,
    stream: STREAM,
    pool: 'pool',
    incarnation: 'life-1',
    decidedAtMs: 0,
    ending: 'open',
    slices: [],
    start,
    end,
    ...more,
  });

  test('are ordinals in the live parts of two shards', () => {
    expect(duplicateOrdinals([live(0, 10), live(8, 12), live(20, 30)])).toBe(2);
    expect(duplicateOrdinals([live(0, 100), live(10, 20), live(30, 35)])).toBe(15);
    expect(duplicateOrdinals([live(20, 30), live(8, 12), live(0, 10), live(15, 22)])).toBe(4);
    expect(duplicateOrdinals([])).toBe(0);
  });

  test('are not what came back and was cut again', () => {
    expect(duplicateOrdinals([live(0, 10, { ending: 'returned', slices: [{ start: 4, end: 10 }] }), live(4, 10)])).toBe(0);
  });

  test('count what was burnt or lost as gone: nobody may have it again', () => {
    const slices = [{ start: 4, end: 10 }];
    expect(duplicateOrdinals([live(0, 10, { ending: 'burnt', slices }), live(4, 10)])).toBe(6);
    expect(duplicateOrdinals([live(0, 10, { ending: 'lost' }), live(4, 10)])).toBe(6);
  });

  test('are told apart by sequence and generation', () => {
    expect(duplicateOrdinals([live(0, 10), live(0, 10, { generation: 3 }), live(0, 10, { name: 'other' })])).toBe(0);
    expect(generationKey('s', 3)).toBe('s@3');
  });

  test('are found where the rule that a shard is closed once is off', () => {
    const ledger = extended(emptyLedger({ ...ALL_RULES, returns: false }), define(), assign(STREAM), open(0, 10));
    extended(ledger, allocate('A', 0, 10), returned('A', [4, 10]), allocate('B', 4, 10), returned('A', [4, 10]), allocate('C', 4, 10));
    expect(duplicateOrdinals(ledger.audit.shards.values())).toBe(6);
  });

  test('are found where the log does not arbitrate', () => {
    const ledger = extended(emptyLedger({ ...ALL_RULES, logArbitration: false }), define(), assign(STREAM), open(0, 10));
    extended(ledger, claim('again', 0, 10), allocate('A', 0, 10, { source: 256 }));
    expect(ledger.ranges.live.get('s')?.next).toBe(10);
    const second = extended(emptyLedger({ ...ALL_RULES, logArbitration: false }), define(), assign(STREAM), open(0, 10));
    extended(second, allocate('A', 0, 5), allocate('B', 3, 8));
    expect(duplicateOrdinals(second.audit.shards.values())).toBe(2);
  });

  test('are found where another life may return what this one issued', () => {
    const ledger = extended(emptyLedger({ ...ALL_RULES, incarnation: false }), define(), assign(STREAM), open(0, 10), allocate('A', 0, 10));
    extended(ledger, returnedBy('life-2', 'A', [4, 10]), allocate('B', 4, 10));
    expect(ledger.audit.shards.get(offsetOf(ledger, 'A'))?.ending).toBe('returned');
  });
});
