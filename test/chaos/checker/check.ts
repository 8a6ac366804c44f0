/** The judge of a run: everything that was promised, held against what was written down. */
import { type Accounted, type Burn, burnsOf, checkAccounts } from './accounting.ts';
import { callsOf } from './calls.ts';
import { Ledger } from './ledger.ts';
import type { History, Violation } from './lines.ts';
import { checkKeys, checkNumbers, type NumbersFound } from './reservations.ts';
import { checkDuplicates, checkOrder, checkShards, usedOf } from './values.ts';

export interface Judgement {
  readonly ok: boolean;
  readonly violations: readonly Violation[];
  /** Of each kind, where there are more than are listed. */
  readonly counts: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly attempts: number;
  readonly values: number;
  readonly keysAskedAgain: number;
  readonly numbers: NumbersFound;
  readonly accounts: readonly Accounted[];
  readonly burns: readonly Burn[];
  readonly ledgerRecords: { readonly accepted: number; readonly rejected: number };
}

/** One broken guard breaks thousands of values: the first ones of a kind say what there is to say. */
const LISTED_MAX = 20;

export function judge(history: History): Judgement {
  const violations: Violation[] = [];
  const { attempts, answered } = callsOf(history.clients);
  const ledger = new Ledger(history.ledger);
  violations.push(...ledger.violations);
  const used = usedOf(attempts, ledger, violations);
  checkDuplicates(used, violations);
  checkShards(used, ledger, violations);
  checkOrder(used, violations);
  const keysAskedAgain = checkKeys(attempts, violations);
  const numbers = checkNumbers(attempts, history.voids, violations);
  for (const [call, isAnswered] of answered) {
    if (!isAnswered) violations.push({ kind: 'unanswered', message: `call ${call} was not answered after the faults had stopped` });
  }
  for (const { fault, target, healthyAt, unwell } of history.faults) {
    if (healthyAt === undefined)
      violations.push({ kind: 'never-healthy', message: `the installation did not get well after ${fault} of ${target}: ${unwell}` });
  }
  const accounts = checkAccounts({ ledger, accounts: history.accounts, attempts, used, faults: history.faults }, violations);
  const counts: Record<string, number> = {};
  const listed = violations.filter(({ kind }) => {
    counts[kind] = (counts[kind] ?? 0) + 1;
    return counts[kind] <= LISTED_MAX;
  });
  const accepted = history.ledger.filter(({ verdict }) => verdict === 'accepted').length;
  return {
    ok: violations.length === 0,
    violations: listed,
    counts,
    calls: answered.size,
    attempts: attempts.length,
    values: used.reduce((sum, { start, end }) => sum + end - start, 0),
    keysAskedAgain,
    numbers,
    accounts,
    burns: burnsOf(ledger, used),
    ledgerRecords: { accepted, rejected: history.ledger.length - accepted },
  };
}
