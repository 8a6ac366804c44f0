/** What a registrar in PostgreSQL refuses to open, and what it says to whoever has to change it. */
import { chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openPostgresRegistrar, type PostgresRegistrar, type PostgresRegistrarOptions } from '../../../adapters/postgres/registrar.ts';
import { begun, reserving } from '../../conformance/registrar-calls.ts';
import { engineOrSkip } from '../../engines/engines.ts';
import { hasOpenssl, newCertificate } from '../bullmq/certificate.ts';
import { type OwnPostgres, ownPostgres } from './own-postgres.ts';

const postgres = engineOrSkip('postgres');

async function opened(options: PostgresRegistrarOptions): Promise<PostgresRegistrar> {
  const registrar = await openPostgresRegistrar(options);
  onTestFinished(() => registrar.close());
  return registrar;
}

async function sql(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

/** Puts a rule before all others about who may enter how. */
async function letIn({ dataDir, url }: OwnPostgres, rule: string): Promise<void> {
  const file = join(dataDir, 'pg_hba.conf');
  writeFileSync(file, `${rule}\n${readFileSync(file, 'utf8')}`);
  await sql(url, 'SELECT pg_reload_conf()');
}

describe.skipIf(!postgres.available)('opening a registrar in PostgreSQL (needs PostgreSQL)', { timeout: 60_000 }, () => {
  let server: OwnPostgres;
  beforeAll(async () => {
    server = await ownPostgres();
  }, 60_000);
  afterAll(() => server.end());

  test('is refused where the server would lose what it has acknowledged, and says which setting to change', async () => {
    await (await openPostgresRegistrar({ url: server.url })).close();
    const refused = async (message: RegExp) =>
      await expect(openPostgresRegistrar({ url: server.url })).rejects.toMatchObject({
        code: 'SEQ_ENGINE_UNUSABLE',
        message: expect.stringMatching(message),
      });
    for (const value of ['off', 'local', 'remote_write']) {
      await sql(server.url, `ALTER ROLE seqcast SET synchronous_commit = ${value}`);
      await refused(new RegExp(`synchronous_commit is ${value}; set it to on or remote_apply`));
    }
    await sql(server.url, 'ALTER ROLE seqcast SET synchronous_commit = remote_apply');
    await (await openPostgresRegistrar({ url: server.url })).close();
    for (const setting of ['fsync', 'full_page_writes']) {
      await sql(server.url, `ALTER SYSTEM SET ${setting} = off`, 'SELECT pg_reload_conf()');
      await expect.poll(() => openPostgresRegistrar({ url: server.url }).catch(String)).toMatch(`${setting} is off; set it to on`);
      await sql(server.url, `ALTER SYSTEM RESET ${setting}`, 'SELECT pg_reload_conf()');
    }
  });

  test('says what to change where it does not get in', async () => {
    await sql(server.url, `CREATE ROLE shop LOGIN PASSWORD 'right'`, `CREATE ROLE guest LOGIN`);
    await letIn(server, 'host all shop 127.0.0.1/32 scram-sha-256\nhost all nobody 127.0.0.1/32 reject');
    const at = (user: string, database = 'seqcast', port = server.port) => `postgres://${user}@127.0.0.1:${port}/${database}`;
    const told = async (url: string, schema = 'told') =>
      await openPostgresRegistrar({ url, schema }).then(
        () => 'opened',
        (error: Error) => `${error.message} ${(error as { code?: string }).code}`,
      );
    await expect
      .poll(() => told(at('shop:wrong')))
      .toMatch(/refuses the password .*correct user and password of the URL.* SEQ_ENGINE_UNREACHABLE/);
    expect(await told(at('shop'))).toMatch(/asks for a password .*put one in the URL/);
    expect(await told(at('nobody'))).toMatch(/does not let this user in .*pg_hba.conf/);
    expect(await told(at('seqcast', 'other'))).toMatch(/no such database .*create it/);
    expect(await told(at('guest'))).toMatch(/the role lacks a right .*CREATE a schema/);
    expect(await told(at('seqcast', 'seqcast', 1))).toMatch(/nothing listens there .*host and port/);
    expect(await told(`${server.url}?sslmode=verify-full`)).toMatch(/does not speak TLS .*ssl on/);
    expect(await told('no url')).toMatch(/SEQ_CONFIG_INVALID/);
    expect(await told(server.url, 'Robert"; DROP')).toMatch(/SEQ_CONFIG_INVALID/);
    expect(await told(server.url)).toBe('opened');
    for (const url of [at('shop:wrong'), at('shop:right', 'other')]) expect(await told(url)).not.toMatch(/wrong|right/);
  });

  test.runIf(hasOpenssl)('goes over TLS when the authority is known, and not when it is not', async () => {
    const { certFile, keyFile } = newCertificate();
    const { uid, gid } = statSync(server.dataDir);
    for (const [from, to] of [
      [certFile, 'server.crt'],
      [keyFile, 'server.key'],
    ] as const) {
      writeFileSync(join(server.dataDir, to), readFileSync(from), { mode: 0o600 });
      chownSync(join(server.dataDir, to), uid, gid);
    }
    await sql(server.url, 'CREATE ROLE careful LOGIN SUPERUSER', 'ALTER SYSTEM SET ssl = on', 'SELECT pg_reload_conf()');
    await letIn(server, 'hostnossl all careful all reject');
    const url = server.url.replace('seqcast@127.0.0.1', 'careful@localhost');
    await expect.poll(() => openPostgresRegistrar({ url }).catch(String)).toMatch(/pg_hba/);
    await expect(openPostgresRegistrar({ url: `${url}?sslmode=verify-full` })).rejects.toThrow(/certificate is not trusted .*sslrootcert/);
    await opened({ url: `${url}?sslmode=verify-full&sslrootcert=${certFile}` });
    const registrar = await opened({ url, ca: readFileSync(certFile, 'utf8') });
    await (await begun(registrar)).reserve('over TLS'.replace(' ', '-'));
  });

  test('leaves tables of a newer version alone', async () => {
    const schema = `opening_${process.pid}`;
    const registrar = await opened({ url: postgres.url, schema });
    await (await begun(registrar)).reserve('one');
    const again = await Promise.all([1, 2, 3].map(() => opened({ url: postgres.url, schema })));
    expect(await again[0]?.lineage()).toEqual({ lives: ['life-1'], ops: 3 });
    await sql(postgres.url, `UPDATE ${schema}.pool SET version = 99`);
    await expect(openPostgresRegistrar({ url: postgres.url, schema })).rejects.toMatchObject({ code: 'SEQ_DATA_NEWER' });
  });

  test('needs no right to create where the tables are', async () => {
    const schema = 'granted';
    const registrar = await opened({ url: server.url, schema });
    const { writer, series } = await begun(registrar);
    await sql(server.url, 'CREATE ROLE modest LOGIN', `GRANT USAGE ON SCHEMA ${schema} TO modest`);
    await sql(server.url, `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO modest`);
    const modest = await opened({ url: server.url.replace('seqcast@', 'modest@'), schema });
    await modest.recordLife('life-2');
    expect((await modest.apply({ ...writer, life: 'life-2' }, [reserving(series, 'one')])).outcomes).toMatchObject([{ repeated: false }]);
  });

  test('makes the tables once when several open an empty database', async () => {
    const schema = `together_${process.pid}`;
    const all = await Promise.all([1, 2, 3, 4].map(() => opened({ url: postgres.url, schema })));
    await all[0]?.recordLife('life-1');
    expect(await all[3]?.lineage()).toEqual({ lives: ['life-1'], ops: 0 });
  });

  // The last one: there is no way back.
  test('is refused on a standby', async () => {
    await server.stopAtOnce();
    writeFileSync(join(server.dataDir, 'standby.signal'), '');
    await server.start();
    await expect(openPostgresRegistrar({ url: server.url })).rejects.toMatchObject({
      code: 'SEQ_ENGINE_UNUSABLE',
      message: expect.stringMatching(/it is a standby; name the primary/),
    });
  });
});
