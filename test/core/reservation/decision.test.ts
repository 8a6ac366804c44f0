/** What one command leads to, field by field, and what a refusal tells its caller: the kit shows the same rules over whole stores. */
import { describe, expect, test } from 'vitest';
import { OPEN_RESERVATIONS_MAX } from '../../../core/reservation/bounds.ts';
import {
  type CancelCommand,
  type ConfirmCommand,
  decide,
  decideGrant,
  decideOpen,
  decideSweep,
  type IssueCommand,
  isOverdue,
  type ReservationCommand,
  type ReserveCommand,
} from '../../../core/reservation/decision.ts';
import { type FreePiece, type Reservation, type SeriesHead, type SeriesView, UNOPENED } from '../../../core/reservation/series.ts';

const HEAD: SeriesHead = { ...UNOPENED, capacity: 20, granted: 10, next: 6, free: 3, open: 2, reservations: 4 };
const FREE: readonly FreePiece[] = [
  { start: 1, end: 3, number: 1 },
  { start: 4, end: 5, number: 2 },
];
const RESERVE: ReserveCommand = {
  kind: 'reserve',
  key: 'order-1',
  payloadHash: 'hash',
  count: 1,
  ttlMs: 60_000,
  owner: 'shop',
  nowMs: 1_000,
};
const ISSUE: IssueCommand = { kind: 'issue', key: undefined, payloadHash: 'hash', count: 1, owner: 'shop', nowMs: 1_000 };
const CONFIRM: ConfirmCommand = { kind: 'confirm', number: 5, life: 'life-1', by: 'desk', nowMs: 2_000 };
const CANCEL: CancelCommand = { ...CONFIRM, kind: 'cancel', because: 'withdrawn' };
const HELD: Reservation = {
  series: 3,
  number: 5,
  life: 'life-1',
  state: 'reserved',
  intervals: [{ start: 6, end: 8 }],
  key: 'order-1',
  payloadHash: 'hash',
  owner: 'shop',
  reservedAtMs: 1_000,
  expiresAtMs: 61_000,
  end: undefined,
};
const END = { atMs: 1_500, by: 'desk', because: 'withdrawn' };

function viewOf(known: Reservation | undefined, head: SeriesHead = HEAD, free: readonly FreePiece[] = FREE): SeriesView {
  return {
    series: 3,
    head,
    byNumber: (number) => (number === known?.number ? known : undefined),
    byKey: (key) => (key === known?.key ? known : undefined),
    freePieces: () => free,
  };
}

function decided(command: ReservationCommand, known?: Reservation, head?: SeriesHead) {
  return decide(viewOf(known, head), 'life-1', command);
}

function intervalsOf(command: ReservationCommand, head?: SeriesHead) {
  const decision = decided(command, undefined, head);
  if ('refusal' in decision) throw decision.refusal;
  return decision.reservation.intervals;
}

describe('a reservation', () => {
  test('that is reserved holds the lowest free ordinals until its time is over', () => {
    const reused = [{ start: 1, end: 2, number: 1 }];
    const reservation = { ...HELD, intervals: [{ start: 1, end: 2 }] };
    expect(decided(RESERVE)).toEqual({ changes: [{ kind: 'reserved', reservation, reused }], reservation, repeated: false });
  });

  test('that is issued is confirmed by its owner in the same step, and never expires', () => {
    const end = { atMs: 1_000, by: 'shop', because: '' };
    expect(decided(ISSUE)).toMatchObject({
      reservation: { state: 'confirmed', number: 5, key: undefined, reservedAtMs: 1_000, expiresAtMs: undefined, end },
    });
  });

  test('takes every free ordinal before fresh ones, up to the last that is granted', () => {
    expect(intervalsOf({ ...RESERVE, count: 2 })).toEqual([{ start: 1, end: 3 }]);
    expect(intervalsOf({ ...RESERVE, count: 3 })).toEqual([
      { start: 1, end: 3 },
      { start: 4, end: 5 },
    ]);
    expect(intervalsOf({ ...RESERVE, count: 7 }).at(-1)).toEqual({ start: 6, end: 10 });
    expect(intervalsOf(RESERVE, { ...HEAD, free: 0 })).toEqual([{ start: 6, end: 7 }]);
  });

  test('is one of at most 100,000 open ones of its series; what is issued is never open', () => {
    const full = { ...HEAD, open: OPEN_RESERVATIONS_MAX };
    expect(decided(RESERVE, undefined, { ...full, open: full.open - 1 })).toMatchObject({ repeated: false });
    expect(decided(RESERVE, undefined, full)).toMatchObject(
      refusal('SEQ_TOO_MANY_RESERVATIONS', '100000 reservations of this series are open', { open: 100_000 }),
    );
    expect(decided(ISSUE, undefined, full)).toMatchObject({ repeated: false });
  });

  test('of more than is granted waits, of more than will ever be there is refused for good, with what is left', () => {
    expect(decided({ ...RESERVE, count: 8 })).toMatchObject(
      refusal('SEQ_GRANT_AWAITED', '8 values asked for, 7 of the series are granted here', { atHand: 7 }),
    );
    expect(decided({ ...RESERVE, count: 17 })).toMatchObject(refusal('SEQ_GRANT_AWAITED', '17 values asked for, 7', { atHand: 7 }));
    expect(decided({ ...RESERVE, count: 18 })).toMatchObject(refusal('SEQ_EXHAUSTED', '18 values asked for, 17 are left', { left: 17 }));
  });

  test.each<[string, object, ReservationCommand]>([
    ['count', { code: 'SEQ_INVALID_COUNT' }, { ...ISSUE, count: 0 }],
    ['ttlMs', { details: { field: 'ttlMs' } }, { ...RESERVE, ttlMs: 0 }],
    ['key', { details: { field: 'key' } }, { ...ISSUE, key: '' }],
    ['payloadHash', { details: { field: 'payloadHash' } }, { ...RESERVE, payloadHash: '' }],
    ['owner', { details: { field: 'owner' } }, { ...ISSUE, owner: '\n' }],
    ['by', { details: { field: 'by' } }, { ...CONFIRM, by: '\n' }],
    ['because', { details: { field: 'because' } }, { ...CANCEL, because: '\n' }],
  ])('is not made or ended by a call whose %s is out of bounds', (_, refused, command) => {
    expect(decided(command, HELD)).toMatchObject({ refusal: refused });
  });
});

describe('a key that was used before', () => {
  test('finds its reservation, whatever became of it', () => {
    const known = { ...HELD, intervals: [{ start: 6, end: 7 }] };
    expect(decided(RESERVE, known)).toEqual({ changes: [], reservation: known, repeated: true });
    const issued = { ...known, expiresAtMs: undefined };
    expect(decided({ ...ISSUE, key: 'order-1' }, issued)).toEqual({ changes: [], reservation: issued, repeated: true });
  });

  test('is not looked for where a call has none: its repetition takes other ordinals', () => {
    const issued = { ...HELD, key: undefined, intervals: [{ start: 6, end: 7 }], expiresAtMs: undefined };
    expect(decided(ISSUE, issued)).toMatchObject({ repeated: false, reservation: { number: 5, intervals: [{ start: 1, end: 2 }] } });
  });

  test('is named where it comes with another request', () => {
    const conflict = refusal('SEQ_REQUEST_CONFLICT', 'the key order-1 was used before for another request', { key: 'order-1' });
    expect(decided(RESERVE, HELD)).toMatchObject(conflict);
    expect(decided({ ...RESERVE, count: 2, payloadHash: 'other' }, HELD)).toMatchObject(conflict);
    expect(decided({ ...ISSUE, count: 2, key: 'order-1' }, HELD)).toMatchObject(conflict);
  });
});

describe('the end of a reservation', () => {
  test('is written down with who asked for it and why', () => {
    for (const [command, state, because] of [
      [CONFIRM, 'confirmed', ''],
      [CANCEL, 'cancelled', 'withdrawn'],
    ] as const) {
      const end = { atMs: 2_000, by: 'desk', because };
      const change = { kind: 'ended', reservation: HELD, state, end };
      expect(decided(command, HELD)).toEqual({ changes: [change], reservation: { ...HELD, state, end }, repeated: false });
    }
  });

  test.each([
    [CONFIRM, 'confirmed'],
    [CANCEL, 'cancelled'],
    [CANCEL, 'expired'],
  ] as const)('changes nothing where it has come already: case %#', (command, state) => {
    const known = { ...HELD, state, end: END };
    expect(decided(command, known)).toEqual({ changes: [], reservation: known, repeated: true });
  });

  test.each<[ReservationCommand, Partial<Reservation>, string, string]>([
    [CANCEL, { state: 'confirmed', end: END }, 'SEQ_RESERVATION_CONFIRMED', 'the reservation was confirmed: its values are in use'],
    [CONFIRM, { state: 'cancelled', end: END }, 'SEQ_RESERVATION_CANCELLED', 'the reservation was cancelled: withdrawn'],
    [CONFIRM, { state: 'cancelled', end: { ...END, because: '' } }, 'SEQ_RESERVATION_CANCELLED', 'the reservation was cancelled'],
    [CONFIRM, { state: 'expired', end: END }, 'SEQ_RESERVATION_EXPIRED', 'the reservation expired before it was confirmed'],
  ])('of another kind is final, and says when and why it came: case %#', (command, became, code, message) => {
    expect(decided(command, { ...HELD, ...became })).toMatchObject({ refusal: { code, message, details: { atMs: 1_500 } } });
  });

  test('of another kind is final also where nobody wrote down when and why it came', () => {
    for (const [command, state] of [
      [CANCEL, 'confirmed'],
      [CONFIRM, 'cancelled'],
      [CONFIRM, 'expired'],
    ] as const)
      expect(decided(command, { ...HELD, state })).toMatchObject({ refusal: { details: { atMs: undefined } } });
    expect(decided(CONFIRM, { ...HELD, state: 'cancelled' })).toMatchObject({ refusal: { message: 'the reservation was cancelled' } });
  });

  test('is not for a number that is unknown, or of another life', () => {
    const unknown = refusal('SEQ_UNKNOWN_RESERVATION', 'no reservation 5 of that life is known here', { number: 5 });
    expect(decided(CONFIRM)).toMatchObject(unknown);
    expect(decided(CONFIRM, { ...HELD, life: 'life-2' })).toMatchObject(unknown);
  });

  test('comes by the sweeper once its time is over, and to nothing that is not open', () => {
    const end = { atMs: 61_000, by: 'sweeper', because: 'not confirmed in time' };
    const others: Reservation[] = [
      { ...HELD, expiresAtMs: 61_001 },
      { ...HELD, expiresAtMs: undefined },
      { ...HELD, state: 'confirmed' },
    ];
    expect(decideSweep([...others, HELD], 61_000)).toEqual([{ kind: 'ended', reservation: HELD, state: 'expired', end }]);
    expect([HELD, ...others].map((each) => isOverdue(each, 61_000))).toEqual([true, false, false, false]);
  });
});

describe('a series', () => {
  test('is opened once; another capacity is a contradiction that names both', () => {
    expect(decideOpen(undefined, { label: '', capacity: 20 })).toEqual([{ kind: 'opened', capacity: 20 }]);
    expect(decideOpen({ head: HEAD }, { label: '', capacity: 20 })).toEqual([]);
    const conflict = {
      code: 'SEQ_CONFLICT',
      message: 'the series was opened with room for 20 ordinals, not 30',
      details: { capacity: 30 },
    };
    expect(() => decideOpen({ head: HEAD }, { label: '', capacity: 30 })).toThrow(expect.objectContaining(conflict));
    const details = { field: 'capacity' };
    expect(() => decideOpen(undefined, { label: '', capacity: 0 })).toThrow(expect.objectContaining({ details }));
    expect(() => decideOpen(undefined, { label: '/', capacity: 20 })).toThrow(
      expect.objectContaining({ code: 'SEQ_INVALID_REQUEST', details: { field: 'label' } }),
    );
  });

  test('takes a grant that continues the last one, up to its capacity, and passes over what it read before', () => {
    expect(decideGrant({ head: HEAD }, { start: 10, end: 20 })).toEqual([{ kind: 'granted', end: 20 }]);
    expect(decideGrant({ head: HEAD }, { start: 5, end: 10 })).toEqual([]);
    for (const [start, end] of [
      [10, 21],
      [11, 12],
      [9, 11],
    ] as const) {
      const message = `a grant of [${start}, ${end}) does not continue what was granted up to 10 of 20`;
      const conflict = { code: 'SEQ_CONFLICT', message, details: { granted: 10, start, end } };
      expect(() => decideGrant({ head: HEAD }, { start, end })).toThrow(expect.objectContaining(conflict));
    }
  });
});

function refusal(code: string, message: string, details: object): object {
  return { refusal: { code, message: expect.stringContaining(message), details } };
}
