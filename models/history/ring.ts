/**
 * A ring of numbers that are counted from the first one ever pushed (or from where it was begun): `at(i)` for the last `limit`
 * of them. Its memory doubles while it is young and is bounded for ever.
 */
import { assert } from '../../core/assertion.ts';
import type { Elements, StateReader, StateWriter } from '../state-bytes.ts';
import { float32s } from './slab.ts';

/** Capacity of a young ring: five minutes of bins and half an hour of minutes. */
const INITIAL_CAPACITY = 32;
/** So few elements are had at once and for ever. */
const LASTING_MAX = 64;

export type ElementType = 'float64' | 'float32' | 'uint16';

export class Ring {
  /** One past the newest index. */
  end: number;
  /** How many are held: indices `[end - length, end)`. */
  length = 0;
  private readonly type: ElementType;
  private readonly limit: number;
  private values: Elements;

  constructor(type: ElementType, limit: number, begin = 0) {
    this.type = type;
    this.limit = limit;
    this.end = begin;
    this.values = limit <= LASTING_MAX ? lastingElements(type, limit) : elementsOf(type, INITIAL_CAPACITY);
  }

  get start(): number {
    return this.end - this.length;
  }

  get full(): boolean {
    return this.length === this.limit;
  }

  get bytes(): number {
    return this.values.byteLength;
  }

  /** The element with that index; only for `start <= index < end`. */
  at(index: number): number {
    return this.values[index % this.values.length] ?? 0;
  }

  push(value: number): void {
    if (this.length === this.values.length && this.length < this.limit) this.grow();
    this.values[this.end % this.values.length] = value;
    this.end++;
    if (this.length < this.limit) this.length++;
  }

  /** Pushes the same value `count` times, in time bounded by the limit. */
  repeat(value: number, count: number): void {
    if (count >= this.limit) {
      this.values = elementsOf(this.type, this.limit).fill(value);
      this.length = this.limit;
      this.end += count;
      return;
    }
    for (let i = 0; i < count; i++) this.push(value);
  }

  /** Multiplies all that is held. */
  scale(factor: number): void {
    for (let i = 0; i < this.values.length; i++) this.values[i] = (this.values[i] ?? 0) * factor;
  }

  clear(): void {
    this.length = 0;
  }

  save(to: StateWriter): void {
    to.number(this.end);
    to.number(this.length);
    to.elements(this.inOrder(this.length));
  }

  restore(from: StateReader): void {
    const end = from.number();
    const length = from.number();
    assert(length <= this.limit, 'a saved ring is longer than this version allows');
    const values = elementsOf(this.type, length);
    from.elements(values);
    this.end = end - length;
    this.length = 0;
    if (length > this.values.length) this.values = elementsOf(this.type, Math.min(this.limit, Math.max(INITIAL_CAPACITY, length)));
    for (const value of values) this.push(value);
  }

  private grow(): void {
    const capacity = Math.min(this.limit, this.values.length * 2);
    const older = this.inOrder(this.length);
    const begin = this.start;
    this.values = elementsOf(this.type, capacity);
    for (let i = 0; i < older.length; i++) this.values[(begin + i) % capacity] = older[i] ?? 0;
  }

  private inOrder(count: number): Elements {
    const ordered = elementsOf(this.type, count);
    for (let i = 0; i < count; i++) ordered[i] = this.at(this.end - count + i);
    return ordered;
  }
}

function elementsOf(type: ElementType, count: number): Elements {
  if (type === 'float64') return new Float64Array(count);
  return type === 'float32' ? new Float32Array(count) : new Uint16Array(count);
}

/** What will never grow lies beside others like it. */
function lastingElements(type: ElementType, count: number): Elements {
  return type === 'float32' ? float32s(count) : elementsOf(type, count);
}
