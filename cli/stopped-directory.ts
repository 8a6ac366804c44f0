/** Looks into a data directory whose server is stopped: read-only, and refused while another process owns it. */
import { openEmbeddedStorage } from '../adapters/embedded/storage.ts';
import { auditReport, foldLedger } from '../workers/runtime/audit.ts';
import { cutOfSeries } from '../workers/runtime/reservations/reservation-accounts.ts';
import { definitionOf, withHolders } from '../workers/runtime/reservations/value-holders.ts';
import type { AuditReport, ValueOwner } from '../workers/runtime/service.ts';
import { ownerOf } from '../workers/runtime/value-owner.ts';

export interface StoppedDirectory {
  audit(): Promise<AuditReport>;
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
    const fold = () => foldLedger(storage.log, storage.partitionCount, undefined, { exports });
    return await look({
      // What a page of the file no longer says cannot be accounted for.
      audit: async () => {
        const series = await cutOfSeries(storage.registrar);
        return withProblems(auditReport(await fold(), undefined, series), await storage.integrityProblems());
      },
      async who(sequence, value) {
        const folded = await fold();
        const owner = ownerOf(folded, sequence, value, undefined);
        return await withHolders(owner, definitionOf(folded, owner), storage.registrar);
      },
    });
  } finally {
    await storage.close();
  }
}

function withProblems(report: AuditReport, problems: readonly string[]): AuditReport {
  return problems.length === 0 ? report : { ...report, ok: false, problems: [...report.problems, ...problems] };
}
