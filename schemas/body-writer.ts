/**
 * Writes the primitives of an Avro body into one buffer that is used again for every message. What does not fit its type is not
 * written: `Misfit` is thrown, and the codec then looks for the field.
 */
export class Misfit extends Error {}

const UTF8 = new TextEncoder();
const LONE_SURROGATE = /\p{Surrogate}/u;
const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

export class BodyWriter {
  readonly #buffer: Uint8Array;
  readonly #double = new DataView(new ArrayBuffer(8));
  #at = 0;

  /** What goes beyond `bytesMax` is counted but not kept; `taken` refuses it. */
  constructor(bytesMax: number) {
    this.#buffer = new Uint8Array(bytesMax);
  }

  open(header: Uint8Array): void {
    this.#buffer.set(header);
    this.#at = header.length;
  }

  /** The message in a buffer of its own, which may be handed to another thread. */
  taken(): Uint8Array {
    if (this.#at > this.#buffer.length) throw new Misfit();
    return this.#buffer.slice(0, this.#at);
  }

  boolean(value: unknown): void {
    if (typeof value !== 'boolean') throw new Misfit();
    this.#buffer[this.#at++] = value ? 1 : 0;
  }

  long(value: unknown): void {
    if (typeof value !== 'number') throw new Misfit();
    if (value === (value | 0)) this.#varint(((value << 1) ^ (value >> 31)) >>> 0);
    else if (Number.isSafeInteger(value)) this.#wideLong(value);
    else throw new Misfit();
  }

  bigint(value: unknown): void {
    if (typeof value !== 'bigint' || value < LONG_MIN || value > LONG_MAX) throw new Misfit();
    let raw = value < 0n ? (-value << 1n) - 1n : value << 1n;
    for (; raw > 0x7fn; raw >>= 7n) this.#buffer[this.#at++] = Number(raw & 0x7fn) | 0x80;
    this.#buffer[this.#at++] = Number(raw);
  }

  double(value: unknown): void {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new Misfit();
    this.#double.setFloat64(0, value, true);
    for (let i = 0; i < 8; i++) this.#buffer[this.#at++] = this.#double.getUint8(i);
  }

  string(value: unknown): void {
    if (typeof value !== 'string') throw new Misfit();
    const from = this.#at;
    const { length } = value;
    this.#varint(length * 2);
    const buffer = this.#buffer;
    let at = this.#at;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) {
        this.#at = from;
        this.#unicode(value);
        return;
      }
      buffer[at++] = code;
    }
    this.#at = at;
  }

  bytes(value: unknown): void {
    if (!(value instanceof Uint8Array)) throw new Misfit();
    this.#varint(value.length * 2);
    if (this.#at + value.length <= this.#buffer.length) this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  symbol(index: number | undefined): void {
    if (index === undefined) throw new Misfit();
    this.#varint(index * 2);
  }

  /** Starts an array, written as one block of all its items; an empty one has only an end. */
  array(items: unknown): void {
    if (!Array.isArray(items)) throw new Misfit();
    this.#varint(items.length * 2);
  }

  arrayEnd(): void {
    this.#varint(0);
  }

  #unicode(value: string): void {
    // Half of a surrogate pair would be read back as another text.
    if (LONE_SURROGATE.test(value)) throw new Misfit();
    this.bytes(UTF8.encode(value));
  }

  #wideLong(value: number): void {
    const half = value < 0 ? -value - 1 : value;
    let low = ((half % 2 ** 27) * 2) | (value < 0 ? 1 : 0);
    for (let i = 0; i < 4; i++, low >>>= 7) this.#buffer[this.#at++] = (low & 0x7f) | 0x80;
    this.#varint(Math.floor(half / 2 ** 27));
  }

  #varint(value: number): void {
    const buffer = this.#buffer;
    let at = this.#at;
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) buffer[at++] = (rest & 0x7f) | 0x80;
    buffer[at++] = rest;
    this.#at = at;
  }
}
