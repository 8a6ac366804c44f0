/** What our own audit says of a sequence. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { open } from '../../workers/embedded.ts';
import type { AuditReport } from '../../workers/runtime/service/service.ts';
import type { Lines } from './lines.ts';

/** Cursors are reported once a second: an audit that was asked for earlier would not know the newest values. */
const REPORTED_MS = 2_500;

/** Each counter has a directory of its own: it belongs to one process at a time. */
export async function openEmbedded({ addresses }: Lines, counter: string): Promise<Awaited<ReturnType<typeof open>>> {
  // Loaded here: a caller of another peer that is to be killed should begin at once.
  const embedded = await import('../../workers/embedded.ts');
  const seqcast = await embedded.open({ dataDir: join(addresses.dataDir, counter) });
  await seqcast.create(counter, {});
  return seqcast;
}

/** Resolves when what was issued has been reported. */
export function reported(): Promise<void> {
  return pause(REPORTED_MS);
}

export async function audited(lines: Lines): Promise<AuditReport> {
  await reported();
  return (await lines.http('POST', '/v1/audit')) as AuditReport;
}

/** Values given to pools and not taken back from them: issued, at hand, and lost. */
export function allocated(report: AuditReport, sequence: string): number {
  const { issued, stock, revokedInFlight } = accountOf(report, sequence);
  return issued + stock + revokedInFlight;
}

/** Values that nobody will get any more: issued, known to be lost, and in doubt. */
export function spent(report: AuditReport, sequence: string): number {
  const { issued, burnt, inDoubt } = accountOf(report, sequence);
  return issued + burnt + inDoubt;
}

function accountOf(report: AuditReport, sequence: string): AuditReport['accounts'][number] {
  const account = report.accounts.find((each) => each.sequence === sequence);
  if (account === undefined) throw new Error(`the audit knows no sequence ${sequence}`);
  if (report.duplicates > 0 || !account.balanced) throw new Error(`the audit of ${sequence} found ${report.problems.join(', ')}`);
  return account;
}
