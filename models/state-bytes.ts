/**
 * Canonical bytes of a model's state. Every number is a little-endian float64 or an element of a typed array in time order, so
 * equal states are equal bytes on every machine, whatever spare capacity or ring position they have in memory.
 */
import { assert } from '../core/assertion.ts';

export type Elements = Float64Array | Float32Array | Uint16Array;

/** Large enough for a young stream; doubles from there. */
const INITIAL_BYTES = 4_096;

export class StateWriter {
  private buffer = new DataView(new ArrayBuffer(INITIAL_BYTES));
  private length = 0;

  number(value: number): void {
    this.reserve(8);
    this.buffer.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** Elements only: how many there are is known to the reader or written before. */
  elements(values: Elements): void {
    const size = values.BYTES_PER_ELEMENT;
    this.reserve(values.length * size);
    for (const value of values) {
      if (size === 8) this.buffer.setFloat64(this.length, value, true);
      else if (size === 4) this.buffer.setFloat32(this.length, value, true);
      else this.buffer.setUint16(this.length, value, true);
      this.length += size;
    }
  }

  /** Bytes that are canonical already. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    new Uint8Array(this.buffer.buffer).set(bytes, this.length);
    this.length += bytes.length;
  }

  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.number(bytes.length);
    this.raw(bytes);
  }

  /** A copy of what was written. */
  bytes(): Uint8Array {
    return new Uint8Array(this.buffer.buffer.slice(0, this.length));
  }

  private reserve(count: number): void {
    if (this.length + count <= this.buffer.byteLength) return;
    const larger = new Uint8Array(Math.max(this.buffer.byteLength * 2, this.length + count));
    larger.set(new Uint8Array(this.buffer.buffer, 0, this.length));
    this.buffer = new DataView(larger.buffer);
  }
}

export class StateReader {
  private readonly buffer: DataView;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.buffer = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  number(): number {
    const value = this.buffer.getFloat64(this.take(8), true);
    return value;
  }

  /** Fills all of `into`. */
  elements(into: Elements): void {
    const size = into.BYTES_PER_ELEMENT;
    for (let i = 0; i < into.length; i++) {
      const at = this.take(size);
      if (size === 8) into[i] = this.buffer.getFloat64(at, true);
      else if (size === 4) into[i] = this.buffer.getFloat32(at, true);
      else into[i] = this.buffer.getUint16(at, true);
    }
  }

  /** So many bytes, without a copy. */
  raw(count: number): Uint8Array {
    const at = this.take(count);
    return new Uint8Array(this.buffer.buffer, this.buffer.byteOffset + at, count);
  }

  text(): string {
    return new TextDecoder().decode(this.raw(this.number()));
  }

  /** Nothing may be left over: what remains would be a state this version does not know. */
  end(): void {
    assert(this.at === this.buffer.byteLength, 'a model state has more bytes than its model reads');
  }

  private take(count: number): number {
    const at = this.at;
    assert(at + count <= this.buffer.byteLength, 'a model state ends before its model has read it');
    this.at += count;
    return at;
  }
}
