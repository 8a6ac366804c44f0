/** What the transaction pool, and those who can run it, say on the members topic. */
import { encode } from '../../../schemas/codec.ts';
import type { MemberEvent } from '../../../schemas/messages.ts';
import { OWNS_NOTHING } from '../members/member-record.ts';

/** An installation has one: whoever runs it, the numbers are the same. */
export const TRANSACTION_POOL = 'transaction-0';

export interface PoolWord {
  readonly event: MemberEvent['event'];
  readonly life: string;
  /** Where gateways reach it. */
  readonly endpoint: string;
  readonly atMs: number;
  /** What it does now. */
  readonly operationsPerSecond: number;
  readonly stockValues: number;
}

export function poolWord({ life: incarnation, ...word }: PoolWord): Uint8Array {
  const said = { member: TRANSACTION_POOL, role: 'pool', poolKind: 'transaction', incarnation } as const;
  return encode({ kind: 'MemberEvent', ...OWNS_NOTHING, ...said, ...word });
}

/** A process that can run the pool says so once a beat, under a name of its own beside the one that it has as a filler. */
export function candidateName(member: string): string {
  return `${member}/${TRANSACTION_POOL}`;
}
