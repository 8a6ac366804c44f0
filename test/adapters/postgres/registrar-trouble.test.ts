/** A registrar whose PostgreSQL goes away, freezes, answers no more, or whose series is held by somebody else. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { numbersInTransaction } from '../../../adapters/postgres/own-transaction.ts';
import { openPostgresRegistrar, type PostgresRegistrar } from '../../../adapters/postgres/registrar.ts';
import { begun, callsOf, ordinalsOf, reserving } from '../../conformance/registrar-calls.ts';
import { aSeries } from '../../conformance/registrar-load.ts';
import { engineOrSkip } from '../../engines/engines.ts';
import { startLine } from '../../engines/line.ts';

const postgres = engineOrSkip('postgres');

describe.skipIf(!postgres.available)('a registrar in PostgreSQL in trouble (needs PostgreSQL)', { timeout: 60_000 }, () => {
  let schemas = 0;

  async function opened(
    url = postgres.url,
    schema = `trouble_${process.pid}_${++schemas}`,
  ): Promise<PostgresRegistrar & { schema: string }> {
    const registrar = await openPostgresRegistrar({ url, schema });
    onTestFinished(() => registrar.close());
    return { ...registrar, schema };
  }

  async function client(): Promise<pg.Client> {
    const own = new pg.Client({ connectionString: postgres.url });
    await own.connect();
    onTestFinished(() => own.end());
    return own;
  }

  /** The address of PostgreSQL behind a line that can be cut. */
  async function lined() {
    const url = new URL(postgres.url);
    const line = await startLine(Number(url.port));
    url.port = String(line.port);
    return { line, url: url.href };
  }

  test('says that the outcome is unknown when the answer to a COMMIT is lost, and answers alike when it is asked again (T4)', async () => {
    const { line, url } = await lined();
    const registrar = await opened(url);
    const { series, writer } = await begun(registrar);
    const before = await registrar.lineage();
    // The server hears all of it and says nothing: the group is committed where the statements had gone out already.
    let unknown = 0;
    for (let attempt = 0; attempt < 40 && unknown === 0; attempt++) {
      const asked = registrar.apply(writer, [reserving(series, `k${attempt}`)]);
      asked.catch(() => undefined);
      await sleep(attempt % 8);
      line.mute();
      await sleep(20);
      line.mend();
      const failed = await asked.then(
        () => undefined,
        (error: { code: string; retriable: boolean; details: { outcome?: string } }) => error,
      );
      if (failed === undefined) continue;
      expect(failed).toMatchObject({ code: 'SEQ_ENGINE_AWAY', retriable: true });
      if (failed.details.outcome === 'unknown') unknown++;
    }
    expect(unknown).toBe(1);
    const made = (await registrar.status(series))?.reservations ?? 0;
    const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
    const found = (await Promise.all(keys.map((key) => registrar.findByKey('invoices', key)))).filter((each) => each !== undefined);
    expect(found).toHaveLength(made);
    for (const { key = '', id } of found)
      expect((await registrar.apply(writer, [reserving(series, key)])).outcomes).toMatchObject([{ repeated: true, reservation: { id } }]);
    expect((await registrar.lineage()).ops).toBe(before.ops + made);
  });

  test('tells its callers when the line is cut, and goes on by itself when it is whole again', async () => {
    const { line, url } = await lined();
    const registrar = await opened(url);
    const { reserve, series, writer } = await begun(registrar);
    await reserve('before');
    line.cut();
    await expect(registrar.apply(writer, [reserving(series, 'during')])).rejects.toMatchObject({
      code: 'SEQ_ENGINE_AWAY',
      retriable: true,
    });
    await expect(registrar.lineage()).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY' });
    line.mend();
    expect(ordinalsOf(await reserve('during'))).toEqual([1]);
  });

  test('goes on with other series while an application holds one, and says who is in the way', async () => {
    const registrar = await opened();
    const held = await begun(registrar);
    const { status } = await registrar.openSeries(held.writer, aSeries({ label: 'other' }));
    await registrar.grant(held.writer, status.series, { start: 0, end: 100 });
    const other = callsOf(registrar, held.writer, status.series);
    const due = await other.reserve('due');
    await held.reserve('due-too');
    const own = await client();
    await own.query('BEGIN');
    const issued = await numbersInTransaction(own, { schema: registrar.schema }).issue({ sequence: 'invoices' });
    expect(ordinalsOf(issued)).toEqual([1]);
    const waiting = held.reserve('waits').catch((error: unknown) => error);
    for (let n = 0; n < 20; n++) await other.confirm(await other.reserve(`k${n}`));
    // The sweeper leaves out what it would have to wait for.
    expect((await registrar.sweep(held.writer, 60_000)).expired.map(({ id }) => id)).toEqual([due.id]);
    expect(await waiting).toMatchObject({
      code: 'SEQ_CONFLICT',
      retriable: true,
      message: expect.stringMatching(/an application has held the series/),
    });
    await own.query('ROLLBACK');
    expect(ordinalsOf(await held.reserve('waits'))).toEqual([1]);
    expect((await registrar.sweep(held.writer, 60_000)).expired).toHaveLength(2);
  });

  test('makes one reservation of a key that two series of its scope take at the same time', async () => {
    const registrar = await opened();
    const first = await begun(registrar);
    const { status } = await registrar.openSeries(first.writer, aSeries({ label: 'next' }));
    await registrar.grant(first.writer, status.series, { start: 0, end: 1_000 });
    const second = callsOf(registrar, first.writer, status.series);
    for (let round = 0; round < 10; round++) {
      const keys = Array.from({ length: 10 }, (_, index) => `k${round}-${index}`);
      const both = await Promise.all([
        registrar.apply(
          first.writer,
          keys.map((key) => reserving(first.series, key)),
        ),
        registrar.apply(
          first.writer,
          [...keys].reverse().map((key) => reserving(second.series, key)),
        ),
      ]);
      const ids = both.map(({ outcomes }) =>
        outcomes.map((outcome) => ('refusal' in outcome ? outcome.refusal.code : outcome.reservation.id)),
      );
      expect(ids[1]?.reverse()).toEqual(ids[0]);
    }
    expect((await registrar.lineage()).ops).toBe(104);
  });

  test('answers what was asked before it is closed, and nothing afterwards', async () => {
    const registrar = await openPostgresRegistrar({ url: postgres.url, schema: `trouble_${process.pid}_${++schemas}` });
    const { reserve } = await begun(registrar);
    const asked = [reserve('a'), reserve('b')];
    const closed = registrar.close();
    expect((await Promise.all(asked)).flatMap(ordinalsOf)).toEqual([0, 1]);
    await closed;
    await expect(reserve('c')).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
    await expect(registrar.lineage()).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
  });
});
