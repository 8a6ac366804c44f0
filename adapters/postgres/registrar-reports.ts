/** What the transaction pool answers without writing: how a series stands, who held an ordinal, which are void, which were reused. */
import { PAGE_MAX } from '../../core/reservation/bounds.ts';
import { parseReservationId } from '../../core/reservation/reservation-id.ts';
import { HEAD_FIELDS } from '../../core/reservation/series.ts';
import type { RegisteredReservation, Registrar } from '../../pipelines/ports.ts';
import { columnsOf, exact, headOf, RESERVATION_COLUMNS, type Row, registered, reservationOf } from './registrar-rows.ts';
import type { Sessions } from './registrar-sessions.ts';

type Reports = Pick<Registrar, 'lineage' | 'status' | 'find' | 'findByKey' | 'holders' | 'voids' | 'reuses'>;

const R = columnsOf('r', 'l');

export const STATUS_COLUMNS = `number, sequence, generation, label, ${HEAD_FIELDS.join(', ')}`;

export function createReports(sessions: Sessions, s: string): Reports {
  const reservations = `${s}.reservation r JOIN ${s}.life l ON l.number = r.life`;
  // No interval that begins here or before can reach the ordinal.
  const tooFarBack = `$2 - (SELECT longest FROM ${s}.series WHERE number = $1)`;

  async function rows(name: string, text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await sessions.use((session) => session.ask([{ name, text, values }])))[0] ?? [];
  }

  async function one(name: string, where: string, values: readonly unknown[]): Promise<RegisteredReservation | undefined> {
    const [row] = await rows(name, `SELECT ${R} FROM ${reservations} WHERE ${where}`, values);
    return row === undefined ? undefined : registered(reservationOf(row));
  }

  return {
    async lineage() {
      const all = await rows('lineage', `SELECT ops, number, life FROM ${s}.pool LEFT JOIN ${s}.life ON true ORDER BY number`);
      return { ops: exact(all[0]?.[0]), lives: all.flatMap(([, , life]) => (life === null ? [] : [String(life)])) };
    },
    async status(series) {
      const [row] = await rows('status', `SELECT ${STATUS_COLUMNS} FROM ${s}.series WHERE number = $1`, [series]);
      return row === undefined ? undefined : statusOf(row);
    },
    async find(text) {
      const id = parseReservationId(text);
      return id && (await one('find', 'r.series = $1 AND r.number = $2 AND l.life = $3', [id.series, id.number, id.life]));
    },
    findByKey: (keyScope, key) =>
      one('find_key', `r.key = $2 AND r.scope = (SELECT min(scope) FROM ${s}.series WHERE key_scope = $1)`, [keyScope, key]),
    async holders(series, ordinal) {
      const holding = `first > ${tooFarBack} AND first <= $2 AND past > $2`;
      const text = `SELECT ${R} FROM (
          SELECT number FROM ${s}.reservation WHERE series + 0 = $1 AND ${holding}
          UNION SELECT number FROM ${s}.further_interval WHERE series = $1 AND ${holding} ORDER BY number LIMIT ${PAGE_MAX}
        ) held JOIN ${reservations} ON r.series = $1 AND r.number = held.number ORDER BY r.number`;
      return (await rows('holders', text, [series, ordinal])).map(reservationOf).map(registered);
    },
    async voids(series, { from, limit }) {
      const text = `SELECT v.first, v.past, ${R} FROM (
          (SELECT first, past, number FROM ${s}.free_piece WHERE series = $1 AND first > ${tooFarBack} AND past > $2 ORDER BY first LIMIT $3)
          UNION ALL
          (SELECT first, past, number FROM ${s}.open_reservation JOIN ${s}.reservation USING (series, number)
             WHERE series = $1 AND intervals IS NULL AND past > $2 ORDER BY first LIMIT $3)
          UNION ALL
          (SELECT (pair->>0)::bigint AS first, (pair->>1)::bigint AS past, number
             FROM ${s}.open_reservation JOIN ${s}.reservation USING (series, number), json_array_elements(intervals::json) AS pair
             WHERE series = $1 AND intervals IS NOT NULL AND (pair->>1)::bigint > $2 ORDER BY first LIMIT $3)
        ) v JOIN ${reservations} ON r.series = $1 AND r.number = v.number ORDER BY v.first LIMIT $3`;
      const found = await rows('voids', text, [series, from, pageSize(limit)]);
      return found.map(([first, past, ...held]) => ({
        ...{ start: Math.max(exact(first), from), end: exact(past) },
        reservation: registered(reservationOf(held)),
      }));
    },
    async reuses(series, { from, limit }) {
      const text = `SELECT u.number, u.first, u.past, ${columnsOf('b', 'bl')}, ${columnsOf('a', 'al')} FROM ${s}.reuse u
        JOIN ${s}.reservation b ON b.series = u.series AND b.number = u.before JOIN ${s}.life bl ON bl.number = b.life
        JOIN ${s}.reservation a ON a.series = u.series AND a.number = u.after JOIN ${s}.life al ON al.number = a.life
        WHERE u.series = $1 AND u.number >= $2 ORDER BY u.number LIMIT $3`;
      const found = await rows('reuses', text, [series, from, pageSize(limit)]);
      return found.map(([number, first, past, ...both]) => ({
        ...{ number: exact(number), start: exact(first), end: exact(past) },
        before: registered(reservationOf(both.slice(0, RESERVATION_COLUMNS.length))),
        after: registered(reservationOf(both.slice(RESERVATION_COLUMNS.length))),
      }));
    },
  };
}

/** From `STATUS_COLUMNS`. */
export function statusOf([number, sequence, generation, label, ...head]: Row): Awaited<ReturnType<Registrar['status']>> & object {
  return { series: exact(number), sequence: String(sequence), generation: exact(generation), label: String(label), ...headOf(head) };
}

function pageSize(limit: number): number {
  return Math.max(1, Math.min(limit, PAGE_MAX));
}
