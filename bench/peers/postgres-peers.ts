/** PostgreSQL as it is used today: a sequence with its cache, and the counter row that gapless numbers are taken from. */
import type { Lines } from './lines.ts';
import type { Peer, PeerSession } from './peer.ts';

export function postgresSequence(cache: number): Peer {
  return {
    name: `postgres-nextval-${cache}`,
    title: `PostgreSQL nextval, CACHE ${cache}`,
    ...{ kind: 'a call each', isOurs: false, needs: ['postgres'], stockIs: cache === 1 ? 'on the server' : 'in the caller' },
    how: 'pg, SELECT nextval, prepared, a connection a caller',
    async prepare(lines, counter) {
      await lines.aside(`DROP SEQUENCE IF EXISTS ${counter}; CREATE SEQUENCE ${counter} CACHE ${cache}`);
    },
    async open(lines, counter) {
      const clients = await lines.postgres();
      const question = { name: `next-${counter}`, text: `SELECT nextval('${counter}') AS value` };
      return {
        next: async (caller) => Number((await clients[caller]?.query(question))?.rows[0]?.value),
        async idle(received) {
          const { rows } = await lines.aside(`SELECT last_value, is_called FROM ${counter}`);
          return rows[0]?.is_called === true ? Number(rows[0].last_value) - received : 0;
        },
        close: async () => undefined,
      };
    },
  };
}

/** One row that every transaction updates before it writes its own: whoever comes second waits until the first one has committed. */
export const POSTGRES_COUNTER_ROW: Peer = {
  name: 'postgres-counter-row',
  title: 'PostgreSQL counter row, gapless',
  ...{ kind: 'durable', isOurs: false, needs: ['postgres'], stockIs: 'nowhere' },
  how: 'pg, BEGIN, UPDATE … RETURNING, INSERT of the business row, COMMIT; a connection a caller',
  async prepare(lines, counter) {
    await lines.aside(
      `DROP TABLE IF EXISTS ${counter}, ${counter}_rows;
       CREATE TABLE ${counter} (name text PRIMARY KEY, value bigint NOT NULL) WITH (fillfactor = 10);
       INSERT INTO ${counter} VALUES ('invoices', 0);
       CREATE TABLE ${counter}_rows (number bigint PRIMARY KEY, what text NOT NULL)`,
    );
  },
  open: openCounterRow,
};

async function openCounterRow(lines: Lines, counter: string): Promise<PeerSession> {
  const clients = await lines.postgres();
  const update = `UPDATE ${counter} SET value = value + 1 WHERE name = $1 RETURNING value`;
  const insert = `INSERT INTO ${counter}_rows VALUES ($1, $2)`;
  return {
    async next(caller) {
      const client = clients[caller];
      if (client === undefined) throw new Error(`caller ${caller} has no connection`);
      await client.query('BEGIN');
      const { rows } = await client.query({ name: `update-${counter}`, text: update, values: ['invoices'] });
      const number = Number(rows[0]?.value);
      await client.query({ name: `insert-${counter}`, text: insert, values: [number, 'an invoice'] });
      await client.query('COMMIT');
      return number;
    },
    idle: () => 0,
    close: async () => undefined,
  };
}
