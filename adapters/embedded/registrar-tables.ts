/**
 * The tables of the transaction pool, and a reservation as a row. Besides the rows of the reservations there is one of each interval
 * they ever held (to find who held an ordinal), of each piece that is free now, and of each piece that was given to somebody else.
 */
import type Database from 'libsql';
import type { Interval } from '../../core/interval.ts';
import { reservationId } from '../../core/reservation/reservation-id.ts';
import type { Reservation } from '../../core/reservation/series.ts';
import { stateNumbered } from '../../core/reservation/states.ts';
import type { RegisteredReservation } from '../../pipelines/ports.ts';
import { exact } from './rows.ts';

export const REGISTRAR_TABLES = `
  CREATE TABLE IF NOT EXISTS pool_life (number INTEGER PRIMARY KEY, life TEXT NOT NULL UNIQUE);
  CREATE TABLE IF NOT EXISTS series (number INTEGER PRIMARY KEY, sequence TEXT NOT NULL, generation INTEGER NOT NULL, label TEXT NOT NULL,
    key_scope TEXT NOT NULL, scope INTEGER NOT NULL, capacity INTEGER NOT NULL, granted INTEGER NOT NULL, next INTEGER NOT NULL,
    free INTEGER NOT NULL, open INTEGER NOT NULL, reservations INTEGER NOT NULL, longest INTEGER NOT NULL, ops INTEGER NOT NULL,
    UNIQUE (sequence, generation, label));
  CREATE TABLE IF NOT EXISTS reservation (series INTEGER NOT NULL, number INTEGER NOT NULL, life INTEGER NOT NULL, state INTEGER NOT NULL,
    intervals TEXT NOT NULL, scope INTEGER NOT NULL, key TEXT, payload_hash TEXT NOT NULL, owner TEXT NOT NULL,
    reserved_at_ms INTEGER NOT NULL, expires_at_ms INTEGER, ended_at_ms INTEGER, ended_by TEXT, because TEXT,
    PRIMARY KEY (series, number)) WITHOUT ROWID;
  CREATE UNIQUE INDEX IF NOT EXISTS reservation_key ON reservation (scope, key) WHERE key IS NOT NULL;
  CREATE INDEX IF NOT EXISTS reservation_due ON reservation (expires_at_ms) WHERE state = 0;
  CREATE TABLE IF NOT EXISTS reservation_held (series INTEGER NOT NULL, first INTEGER NOT NULL, number INTEGER NOT NULL,
    past INTEGER NOT NULL, PRIMARY KEY (series, first, number)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS reservation_free (series INTEGER NOT NULL, first INTEGER NOT NULL, past INTEGER NOT NULL,
    number INTEGER NOT NULL, PRIMARY KEY (series, first)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS reservation_reuse (series INTEGER NOT NULL, number INTEGER NOT NULL, first INTEGER NOT NULL,
    past INTEGER NOT NULL, before INTEGER NOT NULL, after INTEGER NOT NULL, PRIMARY KEY (series, number)) WITHOUT ROWID;
`;

const RESERVATION_COLUMNS =
  'series, number, life, state, intervals, key, payload_hash, owner, reserved_at_ms, expires_at_ms, ended_at_ms, ended_by, because';

type Cell<T> = T | null;
type ReservationRow = [
  ...[
    series: bigint,
    number: bigint,
    life: bigint,
    state: bigint,
    intervals: string,
    key: Cell<string>,
    payloadHash: string,
    owner: string,
  ],
  ...[reservedAtMs: bigint, expiresAtMs: Cell<bigint>, endedAtMs: Cell<bigint>, endedBy: Cell<string>, because: Cell<string>],
];

export function intervalsText(intervals: readonly Interval[]): string {
  return JSON.stringify(intervals.map(({ start, end }) => [start, end]));
}

/** `lives` are all that were recorded, the first one numbered 1. */
function reservationOf(row: ReservationRow, lives: readonly string[]): Reservation {
  const [series, number, life, state, intervals, key, payloadHash, owner, reservedAtMs, expiresAtMs, endedAtMs, endedBy, because] = row;
  return {
    series: exact(series),
    number: exact(number),
    life: lives[exact(life) - 1] ?? '',
    state: stateNumbered(exact(state)),
    intervals: (JSON.parse(intervals) as [number, number][]).map(([start, end]) => ({ start, end })),
    key: key ?? undefined,
    payloadHash,
    owner,
    reservedAtMs: exact(reservedAtMs),
    expiresAtMs: expiresAtMs === null ? undefined : exact(expiresAtMs),
    end: endedAtMs === null ? undefined : { atMs: exact(endedAtMs), by: endedBy ?? '', because: because ?? '' },
  };
}

export function registered(reservation: Reservation): RegisteredReservation {
  return { ...reservation, id: reservationId(reservation) };
}

/** Finds reservations by what they are called. */
export interface ReservationFinder {
  byNumber(series: number, number: number): Reservation | undefined;
  byKey(scope: number, key: string): Reservation | undefined;
}

export function createFinder(database: Database.Database, lives: () => readonly string[]): ReservationFinder {
  const selectByNumber = database.prepare(`SELECT ${RESERVATION_COLUMNS} FROM reservation WHERE series = ? AND number = ?`).raw();
  const selectByKey = database.prepare(`SELECT ${RESERVATION_COLUMNS} FROM reservation WHERE scope = ? AND key = ?`).raw();
  const found = (row: unknown): Reservation | undefined => (row === undefined ? undefined : reservationOf(row as ReservationRow, lives()));
  return {
    byNumber: (series, number) => found(selectByNumber.get([series, number])),
    byKey: (scope, key) => found(selectByKey.get([scope, key])),
  };
}
