/** MariaDB's sequence, whose cache is the server's: all sessions take from it. */
import type { RowDataPacket } from 'mysql2/promise';
import type { Peer } from './peer.ts';

/** `CACHE 1000` is what MariaDB takes where nothing is said. */
export function mariadbSequence(cache: 1_000 | 'none'): Peer {
  const words = cache === 'none' ? 'NOCACHE' : `CACHE ${cache}`;
  return {
    name: `mariadb-sequence-${cache === 'none' ? 'nocache' : cache}`,
    title: `MariaDB sequence, ${words}`,
    ...{ kind: 'a call each', isOurs: false, needs: ['mariadb'], stockIs: 'on the server' },
    how: 'mysql2, SELECT NEXT VALUE FOR, prepared, a connection a caller',
    async prepare(lines, counter) {
      const [connection] = await lines.mariadb();
      await connection?.query(`CREATE OR REPLACE SEQUENCE ${counter} ${words}`);
    },
    async open(lines, counter) {
      const connections = await lines.mariadb();
      const text = `SELECT NEXT VALUE FOR ${counter} AS value`;
      return {
        async next(caller) {
          const connection = connections[caller];
          if (connection === undefined) throw new Error(`caller ${caller} has no connection`);
          const [[row]] = await connection.execute<RowDataPacket[]>(text);
          return Number(row?.value);
        },
        async idle(received) {
          const [first] = connections;
          const [[row] = []] = (await first?.query<RowDataPacket[]>(`SELECT next_not_cached_value AS reached FROM ${counter}`)) ?? [];
          return Number(row?.reached) - 1 - received;
        },
        close: async () => undefined,
      };
    },
  };
}
