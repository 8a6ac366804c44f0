/**
 * What has to happen to a restored directory before it may be served from, sequence by sequence. Pure: from what it holds, what another
 * copy of it holds, and what its operator declares.
 *
 * A directory that went back in time cannot tell what was given out since. So a unique sequence goes on, in a new generation, past
 * whatever is claimed here, claimed in the other copy, or declared; and a gapless one is told which numbers are in use, so that the rest,
 * and nothing else, is given out again.
 */
import { coalesced, type Interval, totalSize, without } from '../../core/interval.ts';
import { type SequenceDefinition, valueAt } from '../../core/sequence.ts';
import type { Declarations, Declared } from './declarations.ts';
import type { DirectoryFacts, SequenceFacts, SeriesFacts } from './directory-facts.ts';

interface Skip {
  readonly kind: 'skip';
  readonly sequence: string;
  /** Ordinals claimed here: whatever of them was at hand is burnt, or in doubt. */
  readonly claimed: number;
  /** First value of the new generation. */
  readonly start: bigint;
}

/** Side by side; `isConfirmed`: in use, else given out again. */
export interface Run extends Interval {
  readonly isConfirmed: boolean;
}

export interface Reconciliation {
  readonly kind: 'reconcile';
  readonly sequence: string;
  /** Reservations that are open here: whoever holds one lost it. */
  readonly cancelled: readonly string[];
  /** What is not confirmed here below the end, in order. */
  readonly runs: readonly Run[];
  readonly confirms: number;
  readonly givesAgain: number;
  /** Of those recorded as confirmed, the numbers that the other copy only knows as reserved: look for them. */
  readonly inDoubt: readonly { readonly first: bigint; readonly last: bigint }[];
  /** The number after the last one in use. */
  readonly goesOnAt: bigint;
}

interface Untouched {
  readonly kind: 'as-it-is';
  readonly sequence: string;
  readonly because: string;
}

export type Step = Skip | Reconciliation | Untouched;

export interface RestorePlan {
  readonly lost?: string;
  readonly steps: readonly Step[];
  /** What the operator has to say first. */
  readonly problems: readonly string[];
}

interface RestoreSources {
  readonly here: DirectoryFacts;
  readonly copy: DirectoryFacts | undefined;
  readonly issued: Declarations;
  readonly confirmed: Declarations;
  /** Nothing was given out since, of any sequence that is not declared. */
  readonly isNothingSince: boolean;
}

export function restorePlan(sources: RestoreSources): RestorePlan {
  const { here, copy } = sources;
  const steps: Step[] = [];
  const problems = [...undeclarable(sources)];
  if (copy !== undefined && copy.logId !== here.logId) problems.push('the other directory is no copy of this one: it holds another log');
  for (const [name, facts] of here.sequences) {
    const step = facts.series === undefined ? stepOfUnique(name, facts, sources) : stepOfGapless(name, facts, facts.series, sources);
    if (typeof step === 'string') problems.push(step);
    else steps.push(step);
  }
  for (const name of copy?.sequences.keys() ?? []) {
    if (!here.sequences.has(name))
      problems.push(`${name} was created since, and is in the other directory only: drop it there, or serve from there`);
  }
  return { ...(here.lost !== undefined && { lost: here.lost }), steps, problems };
}

function* undeclarable({ here, issued, confirmed }: RestoreSources): Iterable<string> {
  for (const name of issued.keys()) {
    const facts = here.sequences.get(name);
    if (facts === undefined) yield `there is no sequence ${name} in this directory`;
    else if (facts.series !== undefined)
      yield `${name} is gapless: say which of its numbers were confirmed, with --confirmed-up-to or --confirmed`;
  }
  for (const name of confirmed.keys()) {
    const facts = here.sequences.get(name);
    if (facts === undefined) yield `there is no sequence ${name} in this directory`;
    else if (facts.series === undefined) yield `${name} is not gapless: say how far it was given out, with --issued-up-to`;
  }
}

function stepOfUnique(name: string, { generation }: SequenceFacts, { copy, issued, isNothingSince }: RestoreSources): Step | string {
  const { definition, next } = generation;
  const declared = issued.get(name);
  const other = copy?.sequences.get(name);
  if (declared === undefined && other === undefined) {
    if (isNothingSince) return { kind: 'as-it-is', sequence: name, because: 'nothing was given out since; what was at hand is in doubt' };
    return `${name}: say how far it was given out, with --issued-up-to ${name}=VALUE, or --from-copy DIR`;
  }
  const upTo = declared !== undefined && 'upTo' in declared && declared.upTo !== 'none' ? declared.upTo : undefined;
  const starts = [valueAt(definition, next)];
  // Also what a generation reached there that has been followed by another one since.
  for (const [id, value] of other?.reached ?? []) if (id >= generation.id) starts.push(value);
  if (upTo !== undefined) starts.push(valueAfter(definition, upTo));
  // Where values come round again, nothing is furthest: what was said last is.
  const start = definition.cycle ? (starts.at(-1) as bigint) : starts.reduce((a, b) => (definition.increment > 0n === b > a ? b : a));
  if (start > definition.max || start < definition.min)
    return `${name}: no value is left behind what was given out; alter its bounds first`;
  return { kind: 'skip', sequence: name, claimed: next, start };
}

/** The first value of the sequence that lies behind another one. */
function valueAfter({ start, increment, min, max, cycle }: SequenceDefinition, value: bigint): bigint {
  const passed = (value - start) / increment;
  const isBefore = increment > 0n ? value < start : value > start;
  const after = isBefore && !cycle ? start : start + (passed + 1n) * increment;
  if (!cycle || (after >= min && after <= max)) return after;
  return increment > 0n ? min : max;
}

function stepOfGapless(
  name: string,
  { generation }: SequenceFacts,
  series: SeriesFacts,
  { here, copy, confirmed, isNothingSince }: RestoreSources,
): Step | string {
  const { definition } = generation;
  if (here.isKeptElsewhere) return `${name}: its numbers are kept in PostgreSQL, not in this directory: restore that with --postgres`;
  const declared = confirmed.get(name);
  const other = copy?.sequences.get(name);
  if (other?.series !== undefined && other.generation.id !== generation.id)
    return `${name} began again since: in the other directory it is in another generation; serve from there`;
  if (declared === undefined && other?.series === undefined) {
    if (isNothingSince) return { kind: 'as-it-is', sequence: name, because: 'nothing was reserved or confirmed since' };
    return `${name}: say which numbers were confirmed, with --confirmed-up-to ${name}=VALUE, --confirmed ${name}=FILE, or --from-copy DIR`;
  }
  const said = declared === undefined ? [] : declaredOrdinals(definition, declared);
  if (typeof said === 'string') return `${name}: ${said}`;
  const there = other?.series === undefined ? { used: [], reserved: [] } : usedIn(other.series);
  return reconciliation(name, definition, series, { used: coalesced([...said, ...there.used]), reserved: leftOf(there.reserved, said) });
}

interface Used {
  readonly used: readonly Interval[];
  readonly reserved: readonly Interval[];
}

export function reconciliation(
  name: string,
  definition: SequenceDefinition,
  series: SeriesFacts,
  { used, reserved }: Used,
): Reconciliation {
  const free = coalesced(series.unconfirmed);
  const here = without({ start: 0, end: series.next }, free);
  const end = Math.max(used.at(-1)?.end ?? 0, here.at(-1)?.end ?? 0);
  const unconfirmed = without({ start: 0, end }, here);
  const inUse = coalesced(used);
  const runs = unconfirmed.flatMap((interval): Run[] => {
    const confirmed = intersections(interval, inUse).map((each) => ({ ...each, isConfirmed: true }));
    const again = without(interval, confirmed).map((each) => ({ ...each, isConfirmed: false }));
    return [...confirmed, ...again].sort((a, b) => a.start - b.start);
  });
  // Behind the last one in use nothing needs to be held back.
  while (runs.at(-1)?.isConfirmed === false) runs.pop();
  const open = series.unconfirmed.filter(({ isReserved }) => isReserved);
  return {
    kind: 'reconcile',
    sequence: name,
    cancelled: [...new Set(open.map(({ reservation }) => reservation))],
    runs,
    confirms: totalSize(runs.filter(({ isConfirmed }) => isConfirmed)),
    givesAgain: totalSize(without({ start: 0, end: Math.max(end, series.next) }, coalesced([...here, ...inUse]))),
    inDoubt: coalesced(reserved.flatMap((each) => intersections(each, unconfirmed))).map(({ start, end: past }) => ({
      first: valueAt(definition, start),
      last: valueAt(definition, past - 1),
    })),
    goesOnAt: valueAt(definition, end),
  };
}

/** Confirmed numbers of another copy, and those that somebody held there: they may be in use. */
export function usedIn({ next, unconfirmed }: SeriesFacts): { used: Interval[]; reserved: Interval[] } {
  const reserved = coalesced(unconfirmed.filter(({ isReserved }) => isReserved));
  const free = coalesced(unconfirmed.filter(({ isReserved }) => !isReserved));
  return { used: without({ start: 0, end: next }, free), reserved };
}

export function declaredOrdinals(definition: SequenceDefinition, declared: Declared): Interval[] | string {
  if ('upTo' in declared) {
    if (declared.upTo === 'none') return [];
    const ordinal = ordinalOf(definition, declared.upTo);
    return ordinal === undefined ? `${declared.upTo} is none of its numbers` : [{ start: 0, end: ordinal + 1 }];
  }
  const ordinals: number[] = [];
  for (const value of declared.exactly) {
    const ordinal = ordinalOf(definition, value);
    if (ordinal === undefined) return `${value} is none of its numbers`;
    ordinals.push(ordinal);
  }
  return coalesced([...new Set(ordinals)].sort((a, b) => a - b).map((start) => ({ start, end: start + 1 })));
}

function ordinalOf({ start, increment, min, max }: SequenceDefinition, value: bigint): number | undefined {
  const isOnStep = (value - start) % increment === 0n;
  const ordinal = Number((value - start) / increment);
  return isOnStep && ordinal >= 0 && value >= min && value <= max ? ordinal : undefined;
}

function intersections({ start, end }: Interval, others: readonly Interval[]): Interval[] {
  return others
    .map((each) => ({ start: Math.max(start, each.start), end: Math.min(end, each.end) }))
    .filter((each) => each.start < each.end);
}

export function leftOf(intervals: readonly Interval[], cut: readonly Interval[]): Interval[] {
  return intervals.flatMap((interval) => without(interval, intersections(interval, cut)));
}
