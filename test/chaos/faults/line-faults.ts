/** What happens to any line: cut, answers lost, everything swallowed; afterwards connections are dropped, or stay half open. */
import type { Dice } from '../../../simulator/dice.ts';
import type { Line } from '../installation/line.ts';
import { type Begun, heldMs } from './fault.ts';

const DISTURBED_MS_MIN = 200;
const DISTURBED_MS_MAX = 6_000;
const HALF_OPEN = 0.4;

export function disturbed(line: Line, name: string, dice: Dice): Begun {
  const state = dice.pick(['cut', 'mute', 'hole'] as const);
  const leavesHalfOpen = state !== 'cut' && dice.chance(HALF_OPEN);
  line.disturb(state);
  const target = `${name}: ${state === 'cut' ? 'cut' : state === 'mute' ? 'answers lost' : 'all lost'}${leavesHalfOpen ? ', then half open' : ''}`;
  return { target, holdMs: heldMs(dice, DISTURBED_MS_MIN, DISTURBED_MS_MAX), heal: () => line.mend({ leavesHalfOpen }) };
}
