/**
 * Ids for Drizzle tables. Drizzle's `$defaultFn` cannot wait, so rows get their ids before they are inserted: one take for all of them.
 * Here on SQLite in memory through Drizzle's proxy driver; with PostgreSQL only the table's types and the driver differ.
 * `tsx examples/clients/drizzle-ids.ts [address]`
 */
import { sql } from 'drizzle-orm';
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { drizzle } from 'drizzle-orm/sqlite-proxy';
import Database from 'libsql';
import { connect, type Sequence } from 'seqcast-client';

const orders = sqliteTable('orders', {
  // Values beyond 2^53 - 1 need a column of bigints: `bigint({ mode: 'bigint' })` with PostgreSQL.
  id: integer().primaryKey(),
  item: text().notNull(),
});

type NewOrder = Omit<typeof orders.$inferInsert, 'id'>;

/** The rows with ids of the sequence, in their order. */
export async function withIds<T extends object>(ids: Sequence, rows: readonly T[]): Promise<(T & { id: number })[]> {
  const taken = await ids.take(rows.length);
  return rows.map((row, index) => ({ ...row, id: Number(taken[index]) }));
}

if (process.argv[1] === import.meta.filename) {
  const sqlite = new Database(':memory:');
  const db = drizzle(async (query, params, method) => {
    const statement = sqlite.prepare(query);
    if (method === 'run') return { rows: [statement.run(...params)] as unknown as string[][] };
    return { rows: statement.raw().all(...params) as string[][] };
  });
  await db.run(sql`CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL)`);

  const seqcast = await connect(process.argv[2] ?? 'http://127.0.0.1:7070', { clientType: 'worker', service: 'drizzle' });
  const ids = seqcast.sequence('orders');
  const wanted: NewOrder[] = [{ item: 'tea' }, { item: 'rice' }, { item: 'salt' }];
  await db.insert(orders).values(await withIds(ids, wanted));
  for (const { id, item } of await db.select().from(orders)) console.log(`${id} ${item}`);
  await seqcast.close();
}
