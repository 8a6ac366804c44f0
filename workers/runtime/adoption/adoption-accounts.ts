/** What became of the values that were drawn from an adopted counter: for the audit, and for whoever asks who got one. */
import { sharedStreamId } from '../../../core/stream.ts';
import { type Adoption, grantOf, holds, totalOf } from '../../../pipelines/adoptions.ts';
import type { ValueRun } from '../../../schemas/adoption-messages.ts';
import type { AuditAccount, AuditReport, ValueOwner } from '../service/service.ts';

/** Pool of every adopted sequence, as it is told. */
const POOL = 'adopted';

export interface HeldRuns {
  /** This life of the process, and what it has at hand. */
  readonly life: string;
  readonly runs: readonly ValueRun[];
}

/** Of a process that is gone. */
export const NOTHING_HELD: HeldRuns = { life: '', runs: [] };

/** The report with what was drawn from adopted counters. */
export function withAdoptedAccounts(
  report: AuditReport,
  adoptions: Iterable<Adoption>,
  heldOf: (adoption: Adoption) => HeldRuns,
): AuditReport {
  const accounts = Array.from(adoptions, (adoption) => adoptedAccount(adoption, heldOf(adoption)));
  const wrong = accounts.filter(({ balanced }) => !balanced);
  const problems = [...report.problems, ...wrong.map(({ sequence }) => `adopted sequence ${sequence}: more is left over than was drawn`)];
  return { ...report, ok: report.ok && wrong.length === 0, problems, accounts: [...report.accounts, ...accounts] };
}

/** What a life that ended without a word had at hand after its last draw is in doubt; so is what another process has that still lives. */
function adoptedAccount(adoption: Adoption, held: HeldRuns): AuditAccount {
  const { sequence, id: generation, drawn: claimed, leftCount: burnt } = adoption;
  const stock = totalOf(held.runs);
  const silent = [...adoption.lives].filter(([life, { isOver }]) => life !== held.life && !isOver);
  const inDoubt = silent.reduce((sum, [, { tail }]) => sum + tail, 0);
  const issued = claimed - burnt - stock - inDoubt;
  const nothing = { revokedInFlight: 0, free: 0, uncut: 0, unopened: 0, void: 0 };
  return {
    sequence,
    generation,
    claimed,
    ...nothing,
    issued: Math.max(0, issued),
    stock,
    burnt,
    inDoubt,
    balanced: issued >= 0,
    adoption: generation,
  };
}

/** Undefined where no adoption of the sequence has drawn the value. */
export function ownerAmong(
  adoptions: Iterable<Adoption>,
  sequence: string,
  asked: bigint | string,
  heldOf: (adoption: Adoption) => HeldRuns,
): ValueOwner | undefined {
  if (typeof asked !== 'bigint') return undefined;
  for (const adoption of [...adoptions].filter((each) => each.sequence === sequence).reverse()) {
    const grant = grantOf(adoption, asked);
    if (grant === undefined) continue;
    const { id: generation } = adoption;
    const { offset: shard, life: incarnation, atMs: allocatedAtMs } = grant;
    const where = {
      sequence,
      value: String(asked),
      generation,
      stream: sharedStreamId(sequence),
      shard,
      pool: POOL,
      incarnation,
      allocatedAtMs,
    };
    return { ...where, state: stateOf(adoption, incarnation, asked, heldOf(adoption)) };
  }
  return undefined;
}

function stateOf(adoption: Adoption, life: string, value: bigint, held: HeldRuns): ValueOwner['state'] {
  const { increment, left, lives } = adoption;
  if (holds(left, increment, value)) return 'burnt';
  if (holds(held.runs, increment, value)) return 'in-stock';
  const known = lives.get(life);
  if (life === held.life || known === undefined || known.isOver) return 'issued';
  return placeIn(adoption, life, value) >= known.drawn - known.tail ? 'in-doubt' : 'issued';
}

/** How many values the life had drawn before this one: it gives them out in that order. */
function placeIn({ grants, increment }: Adoption, life: string, value: bigint): number {
  let before = 0;
  for (const run of grants.filter((grant) => grant.life === life).flatMap(({ runs }) => runs)) {
    if (holds([run], increment, value)) return before + Number((value - run.first) / increment);
    before += run.count;
  }
  return before;
}
