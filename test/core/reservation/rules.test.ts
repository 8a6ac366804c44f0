/** The rules of reservations by the kit that every store passes, and the parts of them that no store shows. */
import { describe, expect, test } from 'vitest';
import { parseReservationId, reservationId } from '../../../core/reservation/reservation-id.ts';
import { endedReservation, type Reservation } from '../../../core/reservation/series.ts';
import { isLegal, type ReservationState, stateNumber, stateNumbered } from '../../../core/reservation/states.ts';
import { registrarKit } from '../../conformance/registrar-kit.ts';
import { MemoryRegistrar } from './memory-registrar.ts';

describe('the rules of reservations', () => registrarKit({ open: async () => new MemoryRegistrar(), close: async () => undefined }));

describe('a reservation', () => {
  const ended: readonly ReservationState[] = ['confirmed', 'cancelled', 'expired'];

  test('ends once, in one of three ways', () => {
    for (const to of ended) expect(isLegal('reserved', to)).toBe(true);
    for (const from of ended) for (const to of [...ended, 'reserved'] as const) expect(isLegal(from, to)).toBe(false);
  });

  test('that ended stops whoever would end it again', () => {
    const reservation = { state: 'confirmed' } as Reservation;
    expect(() => endedReservation({ kind: 'ended', reservation, state: 'cancelled', end: { atMs: 0, by: '', because: '' } })).toThrow(
      'a reservation cannot go from confirmed to cancelled',
    );
  });

  test('is written with the number of its state, which is the same for ever', () => {
    expect((['reserved', 'confirmed', 'cancelled', 'expired'] as const).map(stateNumber)).toEqual([0, 1, 2, 3]);
    expect([0, 1, 2, 3].map(stateNumbered)).toEqual(['reserved', 'confirmed', 'cancelled', 'expired']);
    expect(() => stateNumbered(4)).toThrow('a reservation is in the state 4, which there is none of');
  });

  test('has an id that says series, number and life, and nothing else is one', () => {
    const id = { series: 12, number: 345, life: '6f1c-b2' };
    expect(parseReservationId(reservationId(id))).toEqual(id);
    for (const wrong of [
      '',
      '0-1-a',
      '1-0-a',
      '01-1-a',
      '1-1',
      '1-1-',
      '1-1--a',
      '1-1-a b',
      '9999999999999999-1-a',
      '1-9999999999999999-a',
      '-1-1-a',
    ])
      expect(parseReservationId(wrong)).toBeUndefined();
  });
});
