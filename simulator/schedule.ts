/**
 * The schedule of a seed as data: which faults are on, which sequences exist, and the list of events with their times and salts.
 * Running it is a function of this value alone, so any sublist of the events is a schedule too and can be run, saved and shrunk.
 */
import { Dice } from './dice.ts';
import { chosenFaults, type Fault } from './faults.ts';
import { SEQUENCE_KINDS, type SequenceKind } from './sequences.ts';

export const EVENT_KINDS = [
  'allocator',
  'pool',
  'take',
  'forecast',
  'operator',
  'give-back',
  'request',
  'admin',
  'replicate',
  'snapshot',
  'pause-allocator',
  'crash-allocator',
  'pause-pool',
  'crash-pool',
  'stick',
  'failover',
  'fail-back',
  'restart-store',
  'lose-data',
  'reconnect',
  'suspect',
  'stray-open',
  'move',
  'planned-move',
  'drain',
] as const;

export type EventKind = (typeof EVENT_KINDS)[number];

export interface SimulatedEvent {
  readonly atMs: number;
  readonly kind: EventKind;
  /** Seeds the event's own dice. */
  readonly salt: number;
}

export interface Schedule {
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly partitionCount: number;
  readonly allocatorCount: number;
  readonly poolCount: number;
  readonly sequences: readonly SequenceKind[];
  readonly events: readonly SimulatedEvent[];
}

/** Steps of the faulty phase. */
const EVENT_COUNT = 420;

/** How often each kind of event is drawn, and which fault (if any) it needs. */
const WEIGHTS: readonly (readonly [EventKind, number, Fault?])[] = [
  ['allocator', 90],
  ['pool', 110],
  ['take', 120],
  ['forecast', 14],
  ['operator', 10],
  ['replicate', 8],
  ['snapshot', 3],
  ['reconnect', 5],
  ['give-back', 22, 'give-back'],
  ['request', 16, 'request-retry'],
  ['admin', 5, 'rebase'],
  ['admin', 4, 'drop'],
  ['pause-allocator', 3, 'allocator-pause'],
  ['crash-allocator', 3, 'allocator-crash'],
  ['pause-pool', 3, 'pool-pause'],
  ['crash-pool', 4, 'pool-crash'],
  ['stick', 3, 'stuck-on-ranges'],
  ['failover', 4, 'failover'],
  ['fail-back', 3, 'fail-back'],
  ['restart-store', 4, 'store-restart'],
  ['lose-data', 2, 'data-loss'],
  ['suspect', 3, 'false-suspicion'],
  ['move', 5, 'move'],
  ['planned-move', 8, 'planned-move'],
  ['drain', 3, 'drain'],
  ['stray-open', 4, 'stray-open'],
];

export function scheduleOf(seed: number): Schedule {
  const dice = new Dice(seed);
  const faults = chosenFaults(dice);
  const partitionCount = dice.between(1, 2);
  const allocatorCount = dice.between(2, 3);
  const poolCount = dice.between(2, 3);
  const sequences = chosenSequences(dice);
  const drawn = WEIGHTS.filter(([, , fault]) => fault === undefined || faults.has(fault));
  const total = drawn.reduce((sum, [, weight]) => sum + weight, 0);
  const events: SimulatedEvent[] = [];
  let atMs = 0;
  for (let i = 0; i < EVENT_COUNT; i++) {
    atMs += dice.between(1, 80);
    // Now and then long enough for every timeout and for the interval between returns to run out.
    if (faults.has('time-jump') && dice.chance(0.01)) atMs += dice.between(2_000, 70_000);
    events.push({ atMs, kind: drawnKind(dice, drawn, total), salt: dice.int(2 ** 32) });
  }
  return { seed, faults: [...faults], partitionCount, allocatorCount, poolCount, sequences, events };
}

function drawnKind(dice: Dice, drawn: typeof WEIGHTS, total: number): EventKind {
  let left = dice.int(total);
  for (const [kind, weight] of drawn) {
    left -= weight;
    if (left < 0) return kind;
  }
  return 'pool';
}

function chosenSequences(dice: Dice): SequenceKind[] {
  const kinds = Object.keys(SEQUENCE_KINDS) as SequenceKind[];
  const chosen = new Set<SequenceKind>();
  const count = dice.between(2, 3);
  while (chosen.size < count) chosen.add(dice.pick(kinds));
  return [...chosen];
}
