/** The guards that a simulated run can do without, by the names the command line has for them. */
import { ALL_RULES, type Rules } from '../core/ledger/rules.ts';

export const GUARDS = {
  'log-arbitration': 'logArbitration',
  incarnation: 'incarnation',
  fence: 'fence',
  returns: 'returns',
  revoke: 'revoke',
  period: 'period',
} as const satisfies Record<string, keyof Rules>;

export type Guard = keyof typeof GUARDS;

export function rulesWithout(guard: Guard | undefined): Rules {
  return guard === undefined ? ALL_RULES : { ...ALL_RULES, [GUARDS[guard]]: false };
}
