/**
 * Sequences whose values still come out of another generator's counter, as a fold over one log: it says which adoption counts, and which of
 * its grants. What loses, loses at every reader: a second adoption, a grant that comes after the cut-over, a value that was drawn before.
 */
import type { AdoptionEvent, ValueRun } from '../schemas/adoption-messages.ts';
import { ValueSpans } from './value-spans.ts';

/** `reserved`: the values that the sequence goes on with are known, and it is not in the ledger yet. */
export type AdoptionState = 'drawing' | 'reserved' | 'committed' | 'abandoned';

export interface AdoptedGrant {
  readonly offset: number;
  readonly life: string;
  readonly runs: readonly ValueRun[];
  readonly atMs: number;
}

/** A process that draws, from its start to its end. */
export interface DrawingLife {
  drawn: number;
  /** The newest of its values that it may not have given out, as far as its last draw tells. */
  tail: number;
  /** It has said what it had left. */
  isOver: boolean;
}

export interface Adoption {
  /** Offset of the record that adopted it. */
  readonly id: number;
  readonly sequence: string;
  readonly source: string;
  readonly generator: string;
  readonly increment: bigint;
  readonly min: bigint;
  readonly max: bigint;
  readonly adoptedAtMs: number;
  state: AdoptionState;
  endedAtMs: number;
  readonly grants: AdoptedGrant[];
  readonly lives: Map<string, DrawingLife>;
  drawn: number;
  /** What lives that ended in order had not given out. */
  readonly left: ValueRun[];
  leftCount: number;
  /** What the sequence goes on with after the cut-over. */
  reserved: ValueRun | undefined;
  readonly spans: ValueSpans;
}

export type AdoptionVerdict = 'accepted' | 'adopted-already' | 'unknown-adoption' | 'not-now' | 'drawn-before';

/** By the offset of the record that adopted it. */
export interface AdoptionsState {
  readonly adoptions: Map<number, Adoption>;
  /** The newest adoption of each sequence. */
  readonly newest: Map<string, Adoption>;
}

export function noAdoptions(): AdoptionsState {
  return { adoptions: new Map(), newest: new Map() };
}

/** Whether values still come out of the counter, or the cut-over is under way. */
export function isUnderWay({ state }: Pick<Adoption, 'state'>): boolean {
  return state === 'drawing' || state === 'reserved';
}

const FROM: Readonly<Record<Exclude<AdoptionEvent['event'], 'adopted' | 'left'>, readonly AdoptionState[]>> = {
  drawn: ['drawing'],
  reserved: ['drawing'],
  committed: ['reserved'],
  abandoned: ['drawing', 'reserved'],
};

/** Folds in place. */
export function foldAdoption(state: AdoptionsState, offset: number, event: AdoptionEvent): AdoptionVerdict {
  if (event.event === 'adopted') return adopted(state, offset, event);
  const adoption = state.adoptions.get(event.adoption);
  if (adoption === undefined) return 'unknown-adoption';
  if (event.event === 'left') {
    adoption.left.push(...event.runs);
    adoption.leftCount += totalOf(event.runs);
    lifeOf(adoption, event.life).isOver = true;
    return 'accepted';
  }
  if (!FROM[event.event].includes(adoption.state)) return 'not-now';
  if (event.event === 'drawn' || event.event === 'reserved') {
    if (!event.runs.every((run) => addRun(adoption, run))) return 'drawn-before';
  }
  switch (event.event) {
    case 'drawn':
      noteGrant(adoption, offset, event);
      break;
    case 'reserved':
      adoption.reserved = event.runs[0];
      adoption.state = 'reserved';
      break;
    default:
      adoption.state = event.event;
      adoption.endedAtMs = event.atMs;
  }
  return 'accepted';
}

/** The grant that a value was drawn in. */
export function grantOf(adoption: Adoption, value: bigint): AdoptedGrant | undefined {
  return adoption.grants.find(({ runs }) => holds(runs, adoption.increment, value));
}

export function holds(runs: readonly ValueRun[], increment: bigint, value: bigint): boolean {
  return runs.some(({ first, count }) => {
    const ordinal = (value - first) / increment;
    return ordinal >= 0n && ordinal < BigInt(count) && first + ordinal * increment === value;
  });
}

export function totalOf(runs: readonly ValueRun[]): number {
  return runs.reduce((sum, { count }) => sum + count, 0);
}

function adopted({ adoptions, newest }: AdoptionsState, offset: number, event: AdoptionEvent): AdoptionVerdict {
  const before = newest.get(event.sequence);
  if (before !== undefined && isUnderWay(before)) return 'adopted-already';
  const { sequence, source, generator, increment, min, max, atMs } = event;
  const adoption: Adoption = {
    ...{ id: offset, sequence, source, generator, increment, min, max, adoptedAtMs: atMs },
    ...{
      state: 'drawing',
      endedAtMs: 0,
      grants: [],
      lives: new Map(),
      drawn: 0,
      left: [],
      leftCount: 0,
      reserved: undefined,
      spans: new ValueSpans(),
    },
  };
  adoptions.set(offset, adoption);
  newest.set(sequence, adoption);
  return 'accepted';
}

function noteGrant(adoption: Adoption, offset: number, { life, runs, atHand, atMs }: AdoptionEvent): void {
  const count = totalOf(runs);
  adoption.grants.push({ offset, life, runs, atMs });
  adoption.drawn += count;
  const of = lifeOf(adoption, life);
  of.drawn += count;
  of.tail = Math.min(of.drawn, atHand + count);
}

function lifeOf({ lives }: Adoption, life: string): DrawingLife {
  const known = lives.get(life) ?? { drawn: 0, tail: 0, isOver: false };
  lives.set(life, known);
  return known;
}

/** Counters of one step count in their own residue class; another one is that of a counter that was changed. */
function addRun({ increment, spans }: Adoption, { first, count }: ValueRun): boolean {
  if (count < 1) return false;
  const step = increment < 0n ? -increment : increment;
  const last = first + BigInt(count - 1) * increment;
  const low = first < last ? first : last;
  // Each value stands for the whole step behind it, so that runs that follow each other are one span.
  return spans.add(low, low + BigInt(count) * step);
}
