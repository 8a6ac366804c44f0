import { describe, expect, test } from 'vitest';
import { capacityOf, defineSequence } from '../../../core/sequence.ts';
import { claim, define, drop, emptyLedger, expectRejected, extended, folded, generationOf, ledgerOf, rebase } from './ledger-fixture.ts';

describe('a sequence', () => {
  test('lives in the generation that its definition opened, named by the log position of that record', () => {
    const ledger = extended(emptyLedger(), define({}, 'other'), define());
    expect(generationOf(ledger)).toBe(1);
    expect(ledger.ranges.live.get('s')).toMatchObject({ name: 's', next: 0, capacity: capacityOf(defineSequence({})) });
  });

  test('cannot be defined twice, not even by a late copy of its own definition', () => {
    expectRejected(folded(), define({}, 's', -1), 'name-taken');
  });

  test('is defined again after a drop by a record that names that drop, and only by that', () => {
    const ledger = folded(drop());
    expectRejected(ledger, define({}, 's', -1), 'not-after-last-drop');
    expectRejected(ledger, define({}, 's', 0), 'not-after-last-drop');
    extended(ledger, define({}, 's', 1));
    expect(generationOf(ledger)).toBe(4);
    extended(ledger, drop());
    expectRejected(ledger, define({}, 's', 1), 'not-after-last-drop');
  });

  test('is replaced only while no more of it is claimed than the new start takes into account', () => {
    const ledger = ledgerOf({}, claim('A', 0, 100));
    expectRejected(ledger, rebase({ start: 1n }, undefined, 0), 'claimed-meanwhile');
    extended(ledger, rebase({ start: 101n }, undefined, 100));
    expect(ledger.ranges.live.get('s')?.definition.start).toBe(101n);
  });

  test('begins a new generation at ordinal 0 when it is restarted or altered', () => {
    const ledger = folded(claim('C', 0, 100), rebase({ start: 500n, max: 599n }));
    expect(ledger.ranges.live.get('s')).toMatchObject({ id: 2, next: 0, capacity: 100 });
    expect(ledger.ranges.generations.get(0)?.next).toBe(100);
  });

  test('is restarted once by a command that arrives twice', () => {
    const ledger = folded(rebase({}, 0));
    expectRejected(ledger, rebase({}, 0), 'generation-not-current');
  });

  test('is dropped once, and cannot be restarted after that', () => {
    const ledger = folded(drop(0));
    expectRejected(ledger, drop(0), 'generation-not-current');
    expectRejected(ledger, rebase({}, 0), 'generation-not-current');
  });
});

describe('a claim', () => {
  test('starts exactly at the next free ordinal, so that of two racing claims one wins', () => {
    const ledger = folded(claim('C', 0, 100));
    expectRejected(ledger, claim('D', 0, 100), 'not-at-next-ordinal');
    expectRejected(ledger, claim('D', 101, 200), 'not-at-next-ordinal');
    extended(ledger, claim('E', 100, 200, { partition: 3 }));
    const [first, second] = ledger.ranges.claims.values();
    expect(first).toMatchObject({ start: 0, end: 100, partition: 0, generation: 0 });
    expect(second).toMatchObject({ start: 100, end: 200, partition: 3, generation: 0 });
    expect([...(ledger.ranges.live.get('s')?.partitions ?? [])]).toEqual([0, 3]);
  });

  test('is not empty and does not run backwards', () => {
    const ledger = folded(claim('C', 0, 10));
    expectRejected(ledger, claim('D', 10, 10), 'range-empty');
    expectRejected(ledger, claim('D', 10, 9), 'range-empty');
  });

  test('may take the last ordinal of the sequence and nothing beyond it', () => {
    const ledger = ledgerOf({ max: 10n }, claim('C', 0, 9));
    expectRejected(ledger, claim('D', 9, 11), 'beyond-capacity');
    extended(ledger, claim('D', 9, 10));
    expectRejected(ledger, claim('E', 10, 11), 'beyond-capacity');
  });

  test('of a generation that ended is rejected, and so is one of a sequence that does not exist', () => {
    expectRejected(folded(rebase()), claim('C', 0, 100, { generation: 0 }), 'generation-not-current');
    expectRejected(folded(drop()), claim('C', 0, 100, { generation: 0 }), 'generation-not-current');
    expectRejected(emptyLedger(), claim('C', 0, 100, { generation: 0 }), 'generation-not-current');
  });
});
