/**
 * The audit where stock lies in several stores: both ledgers are folded, every store that answers is asked for its cursors, and the
 * fold goes on until nothing closed in between. A store that does not answer leaves its open shards in doubt.
 */
import type { EventLog, StockCursor } from '../../../pipelines/ports.ts';
import { auditReport, extendFold, foldLedger, type LedgerFold } from '../audit.ts';
import type { AuditReport } from '../service.ts';
import type { PoolConnections } from './pool-connections.ts';

/** Busy stores move on between two looks; after so many the few shards that moved are shown as in doubt. */
const LOOKS_MAX = 20;

export interface SharedAuditOptions {
  readonly log: EventLog;
  readonly partitionCount: number;
  readonly pools: PoolConnections;
  /** What was trimmed off the ledger. */
  readonly exports?: { readonly dir: string } | undefined;
  readonly onProgress?: (folded: number) => void;
}

export async function auditShared(options: SharedAuditOptions): Promise<AuditReport> {
  const { fold, cursors } = await cutThrough(options);
  return auditReport(fold, cursors);
}

/** A fold of the ledger and the cursors of all stores at one point of it. */
export async function cutThrough({
  log,
  partitionCount,
  pools,
  exports,
  onProgress,
}: SharedAuditOptions): Promise<{ readonly fold: LedgerFold; readonly cursors: readonly StockCursor[] }> {
  const fold = await foldLedger(log, partitionCount, onProgress, { exports });
  let cursors: readonly StockCursor[] = [];
  for (let look = 0; look < LOOKS_MAX; look++) {
    const before = fold.recordsFolded;
    cursors = await cursorsOf(pools);
    await extendFold(log, fold, undefined, { exports });
    if (fold.recordsFolded === before) break;
  }
  return { fold, cursors };
}

async function cursorsOf(pools: PoolConnections): Promise<StockCursor[]> {
  const answers = await Promise.allSettled(pools.all().map(async ({ stock }) => stock.cursors()));
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}
