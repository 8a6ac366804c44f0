/**
 * The books (I8): every claimed ordinal stands under exactly one heading of the real audit, and what the ledger and the stores say
 * of a shard is what callers were seen to get.
 */

import { totalSize } from '../../core/interval.ts';
import { type AuditedShard, accountsOf, duplicateOrdinals, isBalanced, type KnownCursor } from '../../core/ledger/audit.ts';
import { findShard, type StockState, unissuedOf } from '../../core/stock/stock-state.ts';
import type { AnswerCheck } from './answer-check.ts';
import type { LedgerCheck } from './ledger-check.ts';
import { Violation } from './violation.ts';

interface PoolStores {
  readonly store: { readonly current: { readonly state: StockState }; readonly zombies: readonly { readonly state: StockState }[] };
}

export function checkAccounts(ledger: LedgerCheck, answers: AnswerCheck, pools: readonly PoolStores[]): void {
  const stores = new Map<string, StockState>();
  for (const { store } of pools) for (const { state } of [store.current, ...store.zombies]) stores.set(state.incarnation, state);
  const known = (partition: number, shard: number): KnownCursor | undefined => {
    const audited = ledger.shard(partition, shard);
    return audited === undefined ? undefined : knownOf(audited, answers, stores.get(audited.incarnation));
  };
  for (const ranges of ledger.ranges) {
    for (const account of accountsOf(ranges, ledger.partitions, known)) {
      if (!isBalanced(account))
        throw new Violation('I8', `the account of ${account.name}@${account.generation} does not add up: ${JSON.stringify(account)}`);
    }
  }
  const duplicates = duplicateOrdinals(ledger.partitions.flatMap((partition) => [...partition.shards.values()]));
  if (duplicates > 0) throw new Violation('I3', `${duplicates} ordinals lie in the live parts of two shards`);
}

function knownOf(shard: AuditedShard, answers: AnswerCheck, store: StockState | undefined): KnownCursor {
  const issued = answers.issuedOf.get(`${shard.partition}:${shard.shard}`) ?? 0;
  const size = shard.end - shard.start;
  const from = `shard ${shard.partition}:${shard.shard}`;
  // The return is the store's last word: what it leaves is exactly what callers got.
  if (shard.ending === 'returned' && size - totalSize(shard.slices) !== issued) {
    throw new Violation('I8', `${from} was returned with ${size - totalSize(shard.slices)} of ${size} issued, but callers got ${issued}`);
  }
  const held = store === undefined || shard.ending !== 'open' ? undefined : findShard(store, shard.partition, shard.shard);
  if (held === undefined) return { issued, stock: 0, revoked: 0 };
  const revoked = totalSize(held.revoked ?? []);
  const stock = held.revoked === undefined ? totalSize(unissuedOf(held)) : 0;
  if (issued + stock + revoked !== size)
    throw new Violation('I8', `${from} of ${size}: callers got ${issued}, ${stock} in stock, ${revoked} taken out`);
  return { issued, stock, revoked };
}
