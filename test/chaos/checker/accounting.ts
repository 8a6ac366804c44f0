/**
 * Where every claimed value is. The ledger says what was cut, returned, burnt and lost; the installation says what its stores hold and
 * issued; the callers say what they got. The three must fit: nothing is missing, and what was issued to nobody known must be explained by
 * calls whose answers were lost.
 */
import type { Attempt } from './calls.ts';
import { sizeOf } from './intervals.ts';
import { keyOf, type Ledger, shardSizes } from './ledger.ts';
import type { Account, FaultLine, Violation } from './lines.ts';
import type { Used } from './values.ts';

export interface Accounted {
  readonly sequence: string;
  readonly claimed: number;
  readonly knownToCallers: number;
  readonly givenBack: number;
  readonly issued: number;
  readonly stock: number;
  readonly notCut: number;
  readonly burnt: number;
  readonly inDoubt: number;
  /** Issued, and in no answer that a caller has. */
  readonly issuedToNobody: number;
  /** At most so many can have been lost with answers. */
  readonly lostAnswersAtMost: number;
}

/** A gateway that loses the answer of a store asks it again, about once a second at the most. */
const INNER_RETRY_MS = 250;

/** What a pool lost, and when: ordinals of lost and burnt shards that no caller has. */
export interface Burn {
  readonly at: number;
  readonly ordinals: number;
}

export function burnsOf(ledger: Ledger, used: readonly Used[]): Burn[] {
  const usedOf = new Map<string, Used[]>();
  for (const each of used) {
    const key = keyOf(each.generation);
    const same = usedOf.get(key);
    if (same === undefined) usedOf.set(key, [each]);
    else same.push(each);
  }
  for (const some of usedOf.values()) some.sort((a, b) => a.start - b.start);
  return [...ledger.shards.values()]
    .filter(({ ending }) => ending === 'lost' || ending === 'burnt')
    .map((shard) => {
      const inside = (usedOf.get(keyOf(shard.generation)) ?? []).filter(({ start, end }) => start >= shard.start && end <= shard.end);
      return { at: shard.endedAt, ordinals: shard.end - shard.start - sizeOf(inside) };
    });
}

export function checkAccounts(
  found: {
    readonly ledger: Ledger;
    readonly accounts: readonly Account[];
    readonly attempts: readonly Attempt[];
    readonly used: readonly Used[];
    readonly faults: readonly FaultLine[];
  },
  violations: Violation[],
): Accounted[] {
  const { ledger, accounts } = found;
  const booked: Accounted[] = [];
  for (const generation of ledger.generations.values()) {
    const account = accounts.find((each) => each.sequence === generation.name && each.generation === generation.id);
    if (account === undefined) {
      violations.push({ kind: 'account', message: `the audit does not know ${keyOf(generation)}` });
      continue;
    }
    const shards = [...ledger.shards.values()].filter((shard) => shard.generation === generation);
    const sums = shardSizes(shards);
    const { uncut, free, unopened } = ledger.unshared(generation);
    const wrong = (message: string): unknown => violations.push({ kind: 'account', message: `${keyOf(generation)}: ${message}` });
    const total = sums.exact + sums.burnt + sums.lost + sums.open + uncut + free + unopened;
    if (total !== generation.next) wrong(`${generation.next} values were claimed, and ${total} are in shards, sources and claims`);
    if (account.claimed !== generation.next)
      wrong(`the audit says that ${account.claimed} values were claimed, the ledger ${generation.next}`);
    const parts = account.issued + account.stock + account.revokedInFlight + account.free + account.uncut + account.unopened + account.void;
    if (parts + account.burnt + account.inDoubt !== account.claimed) wrong(`the parts of the audit do not add up to ${account.claimed}`);
    booked.push(generation.isRegistered ? registered(account) : taken({ ...found, account }, wrong));
  }
  return booked;
}

/** What callers confirmed is checked number by number elsewhere. */
function registered(account: Account): Accounted {
  return { ...plain(account), knownToCallers: account.issued, givenBack: 0, issuedToNobody: 0, lostAnswersAtMost: 0 };
}

function taken(
  {
    account,
    attempts,
    used,
    faults,
  }: {
    readonly account: Account;
    readonly attempts: readonly Attempt[];
    readonly used: readonly Used[];
    readonly faults: readonly FaultLine[];
  },
  wrong: (message: string) => unknown,
): Accounted {
  const ours = attempts.filter(({ ask }) => ask.what === 'next' && ask.sequence === account.sequence);
  const knownToCallers = sizeOf(used.filter(({ generation }) => generation.name === account.sequence));
  const givenBack = ours.reduce(
    (sum, { back }) => sum + back.reduce((all, { runs }) => all + runs.reduce((n, run) => n + run[1], 0), 0),
    0,
  );
  const lostAnswersAtMost = givenBack + ours.reduce((sum, attempt) => sum + lostAtMost(attempt, faults), 0);
  const issuedAtMost = account.issued + account.inDoubt + account.burnt;
  if (knownToCallers > issuedAtMost) wrong(`callers have ${knownToCallers} values, and at most ${issuedAtMost} were issued`);
  const issuedToNobody = Math.max(0, account.issued - knownToCallers);
  if (issuedToNobody > lostAnswersAtMost)
    wrong(`${issuedToNobody} issued values are in no answer, and lost answers explain at most ${lostAnswersAtMost}`);
  return { ...plain(account), knownToCallers, givenBack, issuedToNobody, lostAnswersAtMost };
}

/** Values that an attempt may have made a store give out without a caller getting them. */
function lostAtMost({ ask, got, nothing }: Attempt, faults: readonly FaultLine[]): number {
  const until = got?.at ?? nothing?.at ?? Infinity;
  if (got === undefined && nothing?.isCertain !== true) return ask.count * (1 + retries(ask.at, Math.min(until, ask.at + 60_000)));
  const isDisturbed = faults.some((fault) => fault.begunAt <= until && (fault.healthyAt ?? Infinity) >= ask.at);
  return isDisturbed ? ask.count * retries(ask.at, until) : 0;
}

function retries(from: number, until: number): number {
  return Math.ceil((until - from) / INNER_RETRY_MS);
}

function plain({ sequence, claimed, issued, stock, revokedInFlight, free, uncut, unopened, burnt, inDoubt, ...rest }: Account) {
  return { sequence, claimed, issued, stock: stock + revokedInFlight, notCut: free + uncut + unopened + rest.void, burnt, inDoubt };
}
