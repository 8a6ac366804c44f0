/**
 * An upgrade as it should not be done (docs/guides/upgrade.md says how it should): roles in any order, nobody waits until anybody is ready,
 * and some go back to the old version in between. At its end everybody runs the new one.
 */
import type { Dice } from '../../../simulator/dice.ts';
import { pause } from '../clients/callers.ts';
import { ROLES, type Worker } from '../installation/workers.ts';
import type { Fault } from './fault.ts';

const BETWEEN_MS_MIN = 200;
const BETWEEN_MS_MAX = 2_000;
const GOES_BACK = 0.3;
/** Then it is killed, as who deploys in a hurry does. */
const GRACE_MS_MAX = 3_000;

export const UPGRADE_FAULTS: readonly Fault[] = [
  {
    name: 'upgrade in the wrong order',
    touches: ROLES,
    weight: 1,
    isOnce: true,
    isPossible: ({ workers }) => workers.hasOld,
    async begin({ workers }, dice) {
      const order = shuffled(ROLES, dice);
      const upgraded: Worker[] = [];
      for (const worker of order.flatMap((role) => workers.of(role))) {
        await replaced(worker, { isOld: false, dice });
        upgraded.push(worker);
        if (dice.chance(GOES_BACK)) await replaced(dice.pick(upgraded), { isOld: true, dice });
      }
      const heal = async (): Promise<void> => {
        for (const worker of workers.all) if (worker.isOld) await replaced(worker, { isOld: false, dice });
      };
      return { target: `${order.join(', then ')}; ${workers.all.filter(({ isOld }) => isOld).length} went back`, holdMs: 0, heal };
    },
  },
];

async function replaced(worker: Worker, { isOld, dice }: { readonly isOld: boolean; readonly dice: Dice }): Promise<void> {
  await worker.stop(dice.int(GRACE_MS_MAX));
  worker.isOld = isOld;
  worker.start();
  await pause(dice.between(BETWEEN_MS_MIN, BETWEEN_MS_MAX));
}

function shuffled<T>(some: readonly T[], dice: Dice): T[] {
  const rest = [...some];
  return some.map(() => rest.splice(dice.int(rest.length), 1)[0] as T);
}
