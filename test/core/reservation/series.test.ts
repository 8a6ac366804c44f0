/** How each change moves the head of a series. */
import { describe, expect, test } from 'vitest';
import { type Change, freedBy, HEAD_FIELDS, headAfter, type Reservation, type SeriesHead } from '../../../core/reservation/series.ts';

const HEAD: SeriesHead = { capacity: 100, granted: 50, next: 20, free: 5, open: 3, reservations: 7, longest: 4, ops: 11 };
const END = { atMs: 1, by: 'shop', because: '' };
const intervals = [
  { start: 2, end: 4 },
  { start: 20, end: 29 },
];
const reservation: Reservation = {
  series: 1,
  number: 8,
  life: 'a',
  state: 'reserved',
  intervals,
  key: undefined,
  payloadHash: 'hash',
  owner: 'shop',
  reservedAtMs: 0,
  expiresAtMs: 1_000,
  end: undefined,
};
const reused = [{ start: 2, end: 4, number: 1 }];

describe('the head of a series', () => {
  test.each<[string, Change, Partial<SeriesHead>]>([
    ['opened', { kind: 'opened', capacity: 200 }, { capacity: 200 }],
    ['granted', { kind: 'granted', end: 60 }, { granted: 60 }],
    ['reserved', { kind: 'reserved', reservation, reused }, { next: 29, free: 3, open: 4, reservations: 8, longest: 9 }],
    [
      'confirmed at once',
      { kind: 'reserved', reservation: { ...reservation, state: 'confirmed' }, reused },
      { next: 29, free: 3, reservations: 8, longest: 9 },
    ],
    [
      'reserved in pieces shorter than the longest before',
      { kind: 'reserved', reservation: { ...reservation, intervals: [{ start: 20, end: 23 }] }, reused: [] },
      { next: 23, open: 4, reservations: 8 },
    ],
    ['confirmed', { kind: 'ended', reservation, state: 'confirmed', end: END }, { open: 2 }],
    ['cancelled', { kind: 'ended', reservation, state: 'cancelled', end: END }, { open: 2, free: 16 }],
    ['expired', { kind: 'ended', reservation, state: 'expired', end: END }, { open: 2, free: 16 }],
  ])('counts what is %s as one change, and moves nothing else', (_, change, moved) => {
    expect(headAfter(HEAD, change)).toEqual({ ...HEAD, ...moved, ops: 12 });
  });

  test('has its fields in the order in which stores keep them', () => {
    expect(HEAD_FIELDS).toEqual(Object.keys(HEAD));
  });
});

test('a reservation that was given up leaves all it held, a confirmed one nothing', () => {
  const left = (state: Reservation['state']) => freedBy({ kind: 'ended', reservation, state, end: END });
  expect((['confirmed', 'cancelled', 'expired'] as const).map(left)).toEqual([[], intervals, intervals]);
});
