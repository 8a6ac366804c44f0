/** Values as runs (start, step, count), and which values two runs share: what a new generation would give out a second time. */
import type { Interval } from '../../../core/interval.ts';
import { periodOf, type SequenceDefinition, valueAt } from '../../../core/sequence.ts';

export interface ValueRun {
  readonly start: bigint;
  readonly step: bigint;
  readonly count: bigint;
}

export interface SharedValues {
  readonly lowest: bigint;
  readonly highest: bigint;
  readonly count: bigint;
}

/** The values of these ordinals: one run, or where a cycle wraps among them two, the second at most one period long. */
export function runsOf(definition: SequenceDefinition, { start, end }: Interval): ValueRun[] {
  if (end <= start) return [];
  const { increment: step, cycle } = definition;
  if (!cycle) return [{ start: valueAt(definition, start), step, count: BigInt(end - start) }];
  const first = valueAt(definition, start);
  const size = BigInt(end - start);
  const untilBound = (step > 0n ? (definition.max - first) / step : (first - definition.min) / -step) + 1n;
  const head = { start: first, step, count: least(size, untilBound) };
  if (size <= untilBound) return [head];
  const wrapped = { start: step > 0n ? definition.min : definition.max, step, count: least(size - untilBound, periodOf(definition)) };
  return [head, wrapped];
}

/** Values that lie in both, or nothing: two progressions meet at every common multiple of their steps, if they meet at all. */
export function sharedValues(a: ValueRun, b: ValueRun): SharedValues | undefined {
  const [one, other] = [rising(a), rising(b)];
  const { gcd, factor } = euclid(one.step, other.step);
  const apart = other.start - one.start;
  if (apart % gcd !== 0n) return undefined;
  const period = (one.step / gcd) * other.step;
  // One of the common values, and from there the first that both have reached.
  const common = one.start + one.step * ((apart / gcd) * factor);
  const from = one.start > other.start ? one.start : other.start;
  const lowest = from + modulo(common - from, period);
  const until = least(last(one), last(other));
  if (lowest > until) return undefined;
  const count = (until - lowest) / period + 1n;
  return { lowest, highest: lowest + (count - 1n) * period, count };
}

function rising({ start, step, count }: ValueRun): ValueRun {
  return step > 0n ? { start, step, count } : { start: start + (count - 1n) * step, step: -step, count };
}

function last({ start, step, count }: ValueRun): bigint {
  return start + (count - 1n) * step;
}

/** The greatest common divisor of two positive numbers, and what `a` is to be multiplied by to give it, modulo `b`. */
function euclid(a: bigint, b: bigint): { readonly gcd: bigint; readonly factor: bigint } {
  let [r, next] = [a, b];
  let [s, nextS] = [1n, 0n];
  while (next !== 0n) {
    const quotient = r / next;
    [r, next] = [next, r - quotient * next];
    [s, nextS] = [nextS, s - quotient * nextS];
  }
  return { gcd: r, factor: s };
}

function modulo(a: bigint, b: bigint): bigint {
  return ((a % b) + b) % b;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
