/** The registrar in PostgreSQL against the conformance kit: each scenario in a schema of its own. */
import { describe } from 'vitest';
import { openPostgresRegistrar, type PostgresRegistrar } from '../../adapters/postgres/registrar.ts';
import type { Registrar } from '../../pipelines/ports.ts';
import { engineOrSkip } from '../engines/engines.ts';
import type { Harness } from './harness.ts';
import { registrarKit } from './registrar-kit.ts';

const postgres = engineOrSkip('postgres');

describe.skipIf(!postgres.available)('the registrar in PostgreSQL (needs PostgreSQL)', () => registrarKit(inPostgres()));

function inPostgres(): Harness<Registrar> {
  const opened = new Map<Registrar, { readonly registrar: PostgresRegistrar; readonly schema: string }>();
  let schemas = 0;

  async function openIn(schema: string): Promise<Registrar> {
    const registrar = await openPostgresRegistrar({ url: postgres.url, schema });
    opened.set(registrar, { registrar, schema });
    return registrar;
  }

  async function closed(current: Registrar): Promise<string> {
    const held = opened.get(current);
    if (held === undefined) throw new Error('this harness did not open that');
    await held.registrar.close();
    return held.schema;
  }

  return {
    // What a run leaves goes with its server.
    open: () => openIn(`kit_${process.pid}_${++schemas}`),
    reopen: async (current) => openIn(await closed(current)),
    close: async (current) => void (await closed(current)),
  };
}
