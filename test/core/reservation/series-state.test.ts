/** A series in memory: a copy goes its own way, as a database does that was copied. */
import { expect, test } from 'vitest';
import type { Ended, Reservation } from '../../../core/reservation/series.ts';
import { SeriesState } from '../../../core/reservation/series-state.ts';

const HELD: Reservation = {
  series: 3,
  number: 1,
  life: 'a',
  state: 'reserved',
  intervals: [{ start: 0, end: 2 }],
  key: 'order-1',
  payloadHash: 'hash',
  owner: 'shop',
  reservedAtMs: 0,
  expiresAtMs: 60_000,
  end: undefined,
};
const CANCELLED: Ended = { kind: 'ended', reservation: HELD, state: 'cancelled', end: { atMs: 1, by: 'shop', because: '' } };

test('a copy of a series has its whole history, and what happens to one of them later is not the other’s', () => {
  const series = new SeriesState(3);
  series.replay({ kind: 'opened', capacity: 10 });
  series.replay({ kind: 'granted', end: 10 });
  series.replay({ kind: 'reserved', reservation: HELD, reused: [] });
  const before = series.copy();
  series.replay(CANCELLED);
  const after = series.copy();

  expect(before).toMatchObject({ series: 3, head: { next: 2, open: 1, free: 0, ops: 3 } });
  expect(before.byKey('order-1')).toBe(HELD);
  expect(before.byNumber(1)?.state).toBe('reserved');
  expect(before.freePieces()).toEqual([]);
  expect(after).toMatchObject({ series: 3, head: { next: 2, open: 0, free: 2, ops: 4 } });
  expect(after.byKey('order-1')?.state).toBe('cancelled');
  expect(after.all()).toEqual(series.all());
  expect(after.freePieces()).toEqual([{ start: 0, end: 2, number: 1 }]);
});
