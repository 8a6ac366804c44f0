/**
 * The embedded storage with its numbers without a gap in PostgreSQL: there an application takes them inside its own transactions, beside its
 * own rows. Everything else, the ledger too, stays in the data directory.
 */
import type { EmbeddedStorage } from '../../../adapters/embedded/storage.ts';

/** Closes the storage where PostgreSQL cannot be used. */
export async function withNumbersInPostgres(storage: EmbeddedStorage, url: string): Promise<EmbeddedStorage> {
  try {
    // Loaded only then: nobody who serves from a data directory alone waits for the driver.
    const { openPostgresRegistrar } = await import('../../../adapters/postgres/registrar.ts');
    const registrar = await openPostgresRegistrar({ url });
    return {
      ...storage,
      registrar,
      async close() {
        await registrar.close();
        await storage.close();
      },
    };
  } catch (error) {
    await storage.close();
    throw error;
  }
}
