/**
 * The audit where stock lies in several stores: both ledgers are folded, every store that answers is asked for its cursors, and the
 * fold goes on until nothing closed in between. A store that does not answer leaves its open shards in doubt.
 */
import type { EventLog, Stock, StockCursor } from '../../../pipelines/ports.ts';
import { auditReport, extendFold, foldLedger, type LedgerFold } from '../ledger/audit.ts';
import type { RemoteNumbers } from '../reservations/remote-numbers.ts';
import { cutOfSeries, type SeriesCut } from '../reservations/reservation-accounts.ts';
import type { AuditReport } from '../service/service.ts';
import type { PoolConnections } from './pool-connections.ts';

/** Busy stores move on between two looks; after so many the few shards that moved are shown as in doubt. */
const LOOKS_MAX = 20;

export interface SharedAuditOptions {
  readonly log: EventLog;
  readonly partitionCount: number;
  readonly pools: PoolConnections;
  readonly reservations: Pick<RemoteNumbers, 'isThere' | 'store'>;
  /** What was trimmed off the ledger. */
  readonly exports?: { readonly dir: string } | undefined;
  readonly onProgress?: ((share: number) => void) | undefined;
}

export async function auditShared(options: SharedAuditOptions): Promise<AuditReport> {
  const series = await cutOfNumbers(options);
  const { fold, cursors } = await cutThrough(options);
  return await auditReport(fold, cursors, series);
}

/** A fold of the ledger and the cursors of all stores at one point of it. */
async function cutThrough({
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

/** Before the ledger is folded. A transaction pool that does not answer leaves what it was granted in doubt, like any other. */
async function cutOfNumbers({ reservations }: SharedAuditOptions): Promise<readonly SeriesCut[] | undefined> {
  if (!reservations.isThere) return undefined;
  try {
    return await cutOfSeries(reservations.store);
  } catch {
    return undefined;
  }
}

/** Shards that a store holds of a stream; none where it does not answer. */
export async function cursorsIn(stock: Pick<Stock, 'cursors'> | undefined, stream: string): Promise<readonly StockCursor[]> {
  try {
    return (await stock?.cursors(stream)) ?? [];
  } catch {
    return [];
  }
}

async function cursorsOf(pools: PoolConnections): Promise<StockCursor[]> {
  const answers = await Promise.allSettled(pools.all().map(async ({ stock }) => stock.cursors()));
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}
