/** Looks into a data directory whose server is stopped: read-only, and refused while another process owns it. */
import { type EmbeddedStorage, openEmbeddedStorage } from '../adapters/embedded/storage.ts';
import { NOTHING_HELD, ownerAmong, withAdoptedAccounts } from '../workers/runtime/adoption/adoption-accounts.ts';
import { adoptionsIn } from '../workers/runtime/adoption/adoption-book.ts';
import { auditReport, foldLedger } from '../workers/runtime/ledger/audit.ts';
import type { LedgerExports } from '../workers/runtime/ledger/ledger-entries.ts';
import { LedgerReader } from '../workers/runtime/ledger/ledger-reader.ts';
import { foundValue, ownerOf } from '../workers/runtime/ledger/value-owner.ts';
import { cutOfSeries } from '../workers/runtime/reservations/reservation-accounts.ts';
import { withHolders } from '../workers/runtime/reservations/value-holders.ts';
import type { AuditReport, ValueOwner } from '../workers/runtime/service/service.ts';
import { ShardIndex } from '../workers/runtime/shard-index/shard-index.ts';

export interface StoppedDirectory {
  /** `onProgress` hears how much is folded, 0 to 1. */
  audit(onProgress?: (share: number) => void): Promise<AuditReport>;
  who(sequence: string, value: bigint | string): Promise<ValueOwner>;
}

/** `exportDir`: what `seqcast ledger trim` cut off the directory's ledger, where it was trimmed. */
export async function withStoppedDirectory<T>(
  dataDir: string,
  look: (directory: StoppedDirectory) => Promise<T>,
  { exportDir }: { readonly exportDir?: string | undefined } = {},
): Promise<T> {
  // Whatever fails here also rejects the read that met it; there is no server to stop.
  const storage = await openEmbeddedStorage({ dataDir, readOnly: true, onFailure: () => undefined });
  try {
    const exports = exportDir === undefined ? undefined : { dir: exportDir };
    return await look({
      // What a page of the file no longer says cannot be accounted for.
      async audit(onProgress) {
        const series = await cutOfSeries(storage.registrar);
        const fold = await foldLedger(storage.log, storage.partitionCount, onProgress, { exports });
        const { adoptions } = await adoptionsIn(storage.log);
        const report = withAdoptedAccounts(await auditReport(fold, undefined, series), adoptions.values(), () => NOTHING_HELD);
        return withProblems(report, await storage.integrityProblems());
      },
      who: (sequence, value) => whoIn(storage, exports, sequence, value),
    });
  } finally {
    await storage.close();
  }
}

/** From the newest snapshots of the ledger and of its index, where there are any. */
async function whoIn(
  { log, snapshots, partitionCount, registrar }: EmbeddedStorage,
  exports: LedgerExports | undefined,
  sequence: string,
  value: bigint | string,
): Promise<ValueOwner> {
  const adopted = ownerAmong((await adoptionsIn(log)).adoptions.values(), sequence, value, () => NOTHING_HELD);
  if (adopted !== undefined) return adopted;
  const still = { log, snapshots, partitionCount, onFailure: () => undefined };
  const reader = new LedgerReader({ ...still, saves: () => false });
  await reader.catchUp();
  const shards = new ShardIndex({ ...still, reader, exports, isStill: true });
  await shards.ready();
  const found = foundValue({ ranges: reader.ranges, holderOf: shards.holderOf.bind(shards) }, sequence, value);
  return await withHolders(ownerOf(found, undefined), found.definition, registrar);
}

function withProblems(report: AuditReport, problems: readonly string[]): AuditReport {
  return problems.length === 0 ? report : { ...report, ok: false, problems: [...report.problems, ...problems] };
}
