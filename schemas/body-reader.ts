/**
 * Reads the primitives of an Avro body. Everything that bytes from elsewhere could get wrong is refused here: an end in the
 * middle, a number outside the safe range, text that is not UTF-8, a count larger than what is left.
 */

/** Why a body could not be read; the codec says which kind of message it was. */
export class Misread extends Error {}

const EMPTY = new Uint8Array(0);
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Text up to this length is looked up among the texts read before: names of streams, pools and incarnations recur for ever. */
const KNOWN_LENGTH_MAX = 64;
const KNOWN_TEXTS = 4_096;

export class BodyReader {
  #bytes: Uint8Array = EMPTY;
  #at = 0;
  readonly #double = new DataView(new ArrayBuffer(8));
  readonly #known: string[] = new Array<string>(KNOWN_TEXTS).fill('');

  open(bytes: Uint8Array, at: number): void {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Nothing may follow the body: what is there was not meant by the writer of this schema. */
  close(): void {
    const left = this.#bytes.length - this.#at;
    this.#bytes = EMPTY;
    if (left !== 0) throw new Misread(`${left} bytes follow its end`);
  }

  boolean(): boolean {
    const byte = this.#byte();
    if (byte > 1) throw new Misread(`a boolean is ${byte}`);
    return byte === 1;
  }

  long(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    // Four groups of seven bits: what most numbers are, without leaving 32-bit arithmetic.
    let raw = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw endsEarly();
      raw |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.#at = at;
        return (raw >>> 1) ^ -(raw & 1);
      }
    }
    this.#at = at;
    const middle = this.#group();
    const high = middle < 0 ? this.#topBits() : 0;
    const half = (raw >>> 1) + (middle & 0xfffffff) * 2 ** 27;
    const value = raw & 1 ? -half - 1 : half;
    if (high !== 0 || !Number.isSafeInteger(value)) throw new Misread('a number is outside the safe range');
    return value;
  }

  bigint(): bigint {
    const low = this.#group();
    const middle = low < 0 ? this.#group() : 0;
    const high = middle < 0 ? this.#topBits() : 0;
    const raw = BigInt(low & 0xfffffff) | (BigInt(middle & 0xfffffff) << 28n) | (BigInt(high) << 56n);
    return raw & 1n ? -(raw >> 1n) - 1n : raw >> 1n;
  }

  double(): number {
    const bytes = this.#bytes;
    const at = this.#at;
    if (at + 8 > bytes.length) throw endsEarly();
    for (let i = 0; i < 8; i++) this.#double.setUint8(i, bytes[at + i] as number);
    this.#at = at + 8;
    const value = this.#double.getFloat64(0, true);
    if (!Number.isFinite(value)) throw new Misread('a number is not finite');
    return value;
  }

  string(): string {
    const length = this.#length();
    const bytes = this.#bytes;
    const from = this.#at;
    const to = from + length;
    this.#at = to;
    let hash = length;
    if (length > KNOWN_LENGTH_MAX) return textOf(bytes.subarray(from, to));
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number;
      if (byte > 0x7f) return textOf(bytes.subarray(from, to));
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    // The same text is the same object again: no allocation here, and its hash is known to the maps it is looked up in.
    const place = (hash ^ (hash >>> 15)) & (KNOWN_TEXTS - 1);
    const known = this.#known[place] as string;
    if (isTextAt(known, bytes, from, length)) return known;
    const text = asciiOf(bytes, from, to);
    this.#known[place] = text;
    return text;
  }

  /** A view, not a copy: it keeps what it was read from alive. */
  bytes(): Uint8Array {
    const length = this.#length();
    const { buffer, byteOffset } = this.#bytes;
    const view = new Uint8Array(buffer, byteOffset + this.#at, length);
    this.#at += length;
    return view;
  }

  symbol(symbols: readonly string[]): string {
    const index = this.long();
    const symbol = symbols[index];
    if (symbol === undefined) throw new Misread(`an enum has no symbol ${index}`);
    return symbol;
  }

  /** Items in the next block of an array; 0 at its end. An item takes at least one byte, so a count cannot exceed what is left. */
  blockCount(): number {
    let count = this.long();
    if (count < 0) {
      count = -count;
      this.#length();
    }
    if (count > this.#bytes.length - this.#at) throw endsEarly();
    return count;
  }

  #length(): number {
    const length = this.long();
    if (length < 0 || length > this.#bytes.length - this.#at) throw endsEarly();
    return length;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw endsEarly();
    return byte;
  }

  /** Up to four bytes of a varint: 28 bits, with the sign bit set when more follow. */
  #group(): number {
    let bits = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      bits |= (byte & 0x7f) << shift;
      if (byte < 0x80) return bits;
    }
    return bits | 0x80000000;
  }

  /** The ninth and tenth byte of a varint: bits 56 to 63. */
  #topBits(): number {
    const ninth = this.#byte();
    if (ninth < 0x80) return ninth;
    const tenth = this.#byte();
    if (tenth > 1) throw new Misread('a number has more than 64 bits');
    return (ninth & 0x7f) | (tenth << 7);
  }
}

function isTextAt(text: string, bytes: Uint8Array, from: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}

/** Four characters at a time: a decoder object costs more to call than short texts are long. */
function asciiOf(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  let at = from;
  for (; at + 4 <= to; at += 4) {
    text += String.fromCharCode(bytes[at] as number, bytes[at + 1] as number, bytes[at + 2] as number, bytes[at + 3] as number);
  }
  for (; at < to; at++) text += String.fromCharCode(bytes[at] as number);
  return text;
}

function textOf(utf8: Uint8Array): string {
  try {
    return UTF8.decode(utf8);
  } catch {
    throw new Misread('a text is not UTF-8');
  }
}

function endsEarly(): Misread {
  return new Misread('it ends in the middle');
}
