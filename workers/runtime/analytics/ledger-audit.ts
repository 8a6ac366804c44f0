/**
 * The audit as a job: every claimed ordinal is booked once a day, so that a ledger that does not add up is seen without anybody asking.
 * What it found is the job's result; a ledger that does not balance is a finding and no failure of the job, which would only run again.
 */
import { SequenceError } from '../../../core/errors.ts';
import type { EventLog, JobHandler } from '../../../pipelines/ports.ts';
import { auditReport, foldLedger } from '../ledger/audit.ts';
import type { AuditReport } from '../service/service.ts';

/** A result is for reading: what does not balance comes first, and the rest is a call of `seqcast audit` away. */
const ACCOUNTS_LISTED_MAX = 200;
const PROBLEMS_LISTED_MAX = 200;

/** Audits all partitions; `onProgress` hears how much of them is folded, 0 to 1. */
export type Audit = (onProgress: (share: number) => void) => Promise<AuditReport>;

export interface LedgerAuditOptions {
  readonly log: EventLog;
  readonly partitionCount: number;
  /** Where stores can be asked for their cursors; without it open shards are in doubt beyond what was reported last. */
  readonly audit?: Audit;
  /** True when the process is about to end: the audit stops, and runs again in another process. */
  readonly isStopping?: () => boolean;
}

export interface LedgerAuditResult extends AuditReport {
  readonly accountsLeftOut: number;
  readonly problemsLeftOut: number;
}

/** Its result is a `LedgerAuditResult`. */
export function ledgerAudit(options: LedgerAuditOptions): JobHandler {
  const { log, partitionCount, isStopping } = options;
  const audit: Audit = options.audit ?? (async (onProgress) => auditReport(await foldLedger(log, partitionCount, onProgress), undefined));
  return async (_, onProgress) => {
    const report = await audit((share) => {
      if (isStopping?.() === true) throw new SequenceError('SEQ_CLOSED', 'the process ends; the audit runs again elsewhere or later');
      onProgress(share);
    });
    onProgress(1);
    return resultOf(report);
  };
}

/** As JSON can hold it: a bigint is its decimal digits. */
function resultOf(report: AuditReport): unknown {
  const accounts = [...report.accounts].sort((a, b) => Number(a.balanced) - Number(b.balanced)).slice(0, ACCOUNTS_LISTED_MAX);
  const problems = report.problems.slice(0, PROBLEMS_LISTED_MAX);
  const result: LedgerAuditResult = {
    ...report,
    accounts,
    problems,
    accountsLeftOut: report.accounts.length - accounts.length,
    problemsLeftOut: report.problems.length - problems.length,
  };
  return JSON.parse(JSON.stringify(result, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)));
}
