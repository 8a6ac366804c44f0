/** `seqcast simulate --without` a guard of ordered streams: runs seeds of their own world until one breaks an invariant. */
import type { SimulateOptions } from '../main.ts';
import { ALL_LEASE_GUARDS, type LeaseGuards } from './guards.ts';
import { runLeaseSeed } from './run.ts';

const LEASE_GUARDS = {
  'order-lease': 'orderLease',
  'store-lease': 'storeLease',
  'pool-watch': 'poolWatch',
} as const satisfies Record<string, keyof LeaseGuards>;

type LeaseGuard = keyof typeof LEASE_GUARDS;

interface LeaseOptions extends Pick<SimulateOptions, 'seeds' | 'seed' | 'json' | 'out'> {
  readonly without: LeaseGuard;
}

/** 0 when all pass, 1 at the first violation. */
export function simulateLeases({ seeds, seed: first = 1, without, json, out }: LeaseOptions): number {
  const guards = { ...ALL_LEASE_GUARDS, [LEASE_GUARDS[without]]: false };
  for (let done = 0; done < seeds; done++) {
    const { violation } = runLeaseSeed({ seed: first + done, guards });
    if (violation === undefined) continue;
    const { invariant, message } = violation;
    if (json) out(JSON.stringify({ seeds: done + 1, first, without, violation: { seed: first + done, invariant, message } }));
    else {
      out(`Seed ${first + done} violates ${invariant}: ${message}`);
      out(`Again: seqcast simulate --seeds 1 --seed ${first + done} --without ${without}`);
    }
    return 1;
  }
  out(json ? JSON.stringify({ seeds, first, without, violation: null }) : `${seeds} seeds from ${first} without ${without}: no violation.`);
  return 0;
}
