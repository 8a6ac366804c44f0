/**
 * Chunks of numbers in as few bytes as they need: one number where all are equal, a small table of what occurs, or offsets from the
 * least one in as many bits as the largest takes; else as they are. Exact: what comes out is what went in, bit for bit.
 *
 * A packed chunk begins with how it is packed. Its length in elements is kept beside it.
 */

/** Elements of a chunk: small enough to be found in by counting, large enough that what it begins with costs little. */
export const CHUNK = 64;

export type PackedType = 'float64' | 'uint16';

const CONSTANT = 0;
const OFFSETS = 1;
const TABLE = 2;
const PLAIN = 3;
/** Wider offsets are taken as whole words, which can be read at once. */
const BITS_MAX = 25;
const WORD_BITS = 32;
const TABLE_MAX = 16;
/** Demand is counted in multiples of 1/1,024 (`bins.ts`), so that sums of it are. */
const UNITS_PER_VALUE = 1_024;

/** Where chunks are packed before they are kept: scratch, as long as the longest one can be. */
const PACKED = new Uint8Array(16 + CHUNK * 8);
const STRETCH = new Uint8Array(1 + 8);
const FLOAT = new Float64Array(1);
const FLOAT_BYTES = new Uint8Array(FLOAT.buffer);
const DISTINCT: number[] = [];
const TABLE_VALUES = new Float64Array(TABLE_MAX);
const WHOLES = new Float64Array(CHUNK);

/** Packs the first `count` values. The bytes are good until the next call. */
export function packed(values: ArrayLike<number>, count: number, type: PackedType): Uint8Array {
  distinctOf(values, count);
  if (DISTINCT.length === 1) return packedConstant(values[0] ?? 0, type);
  const width = type === 'uint16' ? 2 : 8;
  const tableBits = DISTINCT.length <= TABLE_MAX ? bitsOf(DISTINCT.length - 1) : WORD_BITS;
  const tableBytes = DISTINCT.length <= TABLE_MAX ? 3 + DISTINCT.length * width + bytesOf(count, tableBits) : Infinity;
  const scale = scaleOf(values, count, type);
  const bits = scale === 0 ? 0 : offsetBits(values, count, scale);
  const offsetBytes = scale === 0 ? Infinity : 3 + width + bytesOf(count, bits);
  if (Math.min(tableBytes, offsetBytes) >= 1 + count * width) return packedPlain(values, count, type);
  return tableBytes < offsetBytes ? packedTable(values, count, type, tableBits) : packedOffsets(values, count, type, { scale, bits });
}

/** A stretch of one value; leaves the bytes of a packed chunk alone. */
export function packedConstant(value: number, type: PackedType): Uint8Array {
  STRETCH[0] = CONSTANT;
  return STRETCH.subarray(0, writeValue(value, 1, type, STRETCH));
}

export function isConstant(data: Uint8Array, at: number): boolean {
  return data[at] === CONSTANT;
}

/** How many bytes a packed chunk of `count` elements takes. */
export function packedLength(data: Uint8Array, at: number, count: number, type: PackedType): number {
  const width = type === 'uint16' ? 2 : 8;
  const first = data[at + 1] ?? 0;
  switch (data[at]) {
    case CONSTANT:
      return 1 + width;
    case OFFSETS:
      return 3 + width + bytesOf(count, first);
    case TABLE:
      return 3 + first * width + bytesOf(count, data[at + 2] ?? 0);
    default:
      return 1 + count * width;
  }
}

/** Element `i` of the chunk that is packed at `at`. */
export function unpackedAt(data: Uint8Array, at: number, i: number, type: PackedType): number {
  const width = type === 'uint16' ? 2 : 8;
  const first = data[at + 1] ?? 0;
  switch (data[at]) {
    case CONSTANT:
      return readValue(data, at + 1, type);
    case OFFSETS: {
      const offset = readBits(data, at + 3 + width, i, first);
      const base = readValue(data, at + 3, type);
      return data[at + 2] === 1 ? base + offset / UNITS_PER_VALUE : base + offset;
    }
    case TABLE: {
      const bits = data[at + 2] ?? 0;
      return readValue(data, at + 3 + readBits(data, at + 3 + first * width, i, bits) * width, type);
    }
    default:
      return readValue(data, at + 1 + i * width, type);
  }
}

export interface Stretch {
  /** Of the chunk's elements. */
  readonly first: number;
  readonly count: number;
  /** Where the first one goes. */
  readonly to: number;
}

/** Some elements of a chunk; where elements are codes, what `meanings` says of each. */
export function unpackInto({ data, at, type }: PackedChunk, stretch: Stretch, into: Float64Array, meanings?: Float64Array): void {
  const { first, count, to } = stretch;
  if (data[at] === CONSTANT) {
    const value = readValue(data, at + 1, type);
    into.fill(meanings === undefined ? value : (meanings[value] ?? 0), to, to + count);
    return;
  }
  if (data[at] === TABLE) {
    const width = type === 'uint16' ? 2 : 8;
    const [size, bits] = [data[at + 1] ?? 0, data[at + 2] ?? 0];
    for (let k = 0; k < size; k++) {
      const value = readValue(data, at + 3 + k * width, type);
      TABLE_VALUES[k] = meanings === undefined ? value : (meanings[value] ?? 0);
    }
    readTable({ data, at: at + 3 + size * width, bits }, stretch, into);
  } else if (data[at] === OFFSETS && type === 'uint16') {
    const base = readValue(data, at + 3, type);
    const bits = data[at + 1] ?? 0;
    for (let i = 0; i < count; i++) {
      const value = base + readBits(data, at + 5, first + i, bits);
      into[to + i] = meanings === undefined ? value : (meanings[value] ?? 0);
    }
  } else {
    for (let i = 0; i < count; i++) {
      const value = unpackedAt(data, at, first + i, type);
      into[to + i] = meanings === undefined ? value : (meanings[value] ?? 0);
    }
  }
}

/** Entries have at most four bits: eight of them are whole bytes, and one word. */
function readTable({ data, at, bits }: { data: Uint8Array; at: number; bits: number }, stretch: Stretch, into: Float64Array): void {
  const { first, count, to } = stretch;
  const mask = (1 << bits) - 1;
  const end = to + count;
  let byte = at + (first >>> 3) * bits;
  let skipped = first & 7;
  for (let place = to; place < end; byte += bits, skipped = 0) {
    const word = (data[byte] ?? 0) | ((data[byte + 1] ?? 0) << 8) | ((data[byte + 2] ?? 0) << 16) | ((data[byte + 3] ?? 0) << 24);
    const until = Math.min(end, place + 8 - skipped);
    for (let shift = skipped * bits; place < until; place++, shift += bits) into[place] = TABLE_VALUES[(word >>> shift) & mask] ?? 0;
  }
}

export interface PackedChunk {
  readonly data: Uint8Array;
  readonly at: number;
  readonly type: PackedType;
}

/** Which different values there are, in order of appearance; stops looking when they are too many for a table. */
function distinctOf(values: ArrayLike<number>, count: number): void {
  DISTINCT.length = 0;
  for (let i = 0; i < count && DISTINCT.length <= TABLE_MAX; i++) {
    const value = values[i] ?? 0;
    if (!DISTINCT.includes(value)) DISTINCT.push(value);
  }
}

/** Units in which the distances from the first value are whole numbers of at most 32 bits: 1, 1,024 or, where there are none, 0. */
function scaleOf(values: ArrayLike<number>, count: number, type: PackedType): number {
  if (type === 'uint16' || fits(values, count, 1)) return 1;
  return fits(values, count, UNITS_PER_VALUE) ? UNITS_PER_VALUE : 0;
}

function fits(values: ArrayLike<number>, count: number, scale: number): boolean {
  const base = least(values, count);
  for (let i = 0; i < count; i++) {
    const value = values[i] ?? 0;
    const offset = (value - base) * scale;
    if (!Number.isInteger(offset) || offset >= 2 ** WORD_BITS || base + offset / scale !== value) return false;
  }
  return true;
}

function offsetBits(values: ArrayLike<number>, count: number, scale: number): number {
  const base = least(values, count);
  let largest = 0;
  for (let i = 0; i < count; i++) {
    WHOLES[i] = ((values[i] ?? 0) - base) * scale;
    largest = Math.max(largest, WHOLES[i] ?? 0);
  }
  return bitsOf(largest);
}

function least(values: ArrayLike<number>, count: number): number {
  let least = Infinity;
  for (let i = 0; i < count; i++) least = Math.min(least, values[i] ?? 0);
  return least;
}

function packedOffsets(values: ArrayLike<number>, count: number, type: PackedType, { scale, bits }: { scale: number; bits: number }) {
  PACKED[0] = OFFSETS;
  PACKED[1] = bits;
  PACKED[2] = scale === 1 ? 0 : 1;
  const at = writeValue(least(values, count), 3, type);
  const end = at + bytesOf(count, bits);
  PACKED.fill(0, at, end);
  for (let i = 0; i < count; i++) writeBits(at, i, bits, WHOLES[i] ?? 0);
  return PACKED.subarray(0, end);
}

function packedTable(values: ArrayLike<number>, count: number, type: PackedType, bits: number): Uint8Array {
  PACKED[0] = TABLE;
  PACKED[1] = DISTINCT.length;
  PACKED[2] = bits;
  let at = 3;
  for (const value of DISTINCT) at = writeValue(value, at, type);
  const end = at + bytesOf(count, bits);
  PACKED.fill(0, at, end);
  for (let i = 0; i < count; i++) writeBits(at, i, bits, DISTINCT.indexOf(values[i] ?? 0));
  return PACKED.subarray(0, end);
}

function packedPlain(values: ArrayLike<number>, count: number, type: PackedType): Uint8Array {
  PACKED[0] = PLAIN;
  let at = 1;
  for (let i = 0; i < count; i++) at = writeValue(values[i] ?? 0, at, type);
  return PACKED.subarray(0, at);
}

function bitsOf(largest: number): number {
  const bits = largest < 1 ? 1 : Math.floor(Math.log2(largest)) + 1;
  return bits > BITS_MAX ? WORD_BITS : bits;
}

function bytesOf(count: number, bits: number): number {
  return Math.ceil((count * bits) / 8);
}

function writeValue(value: number, at: number, type: PackedType, into = PACKED): number {
  if (type === 'uint16') {
    into[at] = value & 255;
    into[at + 1] = value >>> 8;
    return at + 2;
  }
  FLOAT[0] = value;
  into.set(FLOAT_BYTES, at);
  return at + 8;
}

function readValue(data: Uint8Array, at: number, type: PackedType): number {
  if (type === 'uint16') return (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8);
  for (let i = 0; i < 8; i++) FLOAT_BYTES[i] = data[at + i] ?? 0;
  return FLOAT[0] ?? 0;
}

function writeBits(at: number, i: number, bits: number, value: number): void {
  let left = value;
  let place = i * bits;
  for (let done = 0; done < bits; ) {
    const byte = at + (place >>> 3);
    const shift = place & 7;
    const some = Math.min(8 - shift, bits - done);
    PACKED[byte] = (PACKED[byte] ?? 0) | ((left % 2 ** some) << shift);
    left = Math.floor(left / 2 ** some);
    done += some;
    place += some;
  }
}

function readBits(data: Uint8Array, at: number, i: number, bits: number): number {
  const place = i * bits;
  const byte = at + (place >>> 3);
  const word = (data[byte] ?? 0) | ((data[byte + 1] ?? 0) << 8) | ((data[byte + 2] ?? 0) << 16) | ((data[byte + 3] ?? 0) << 24);
  // Whole words begin at a byte; all others have at most 25 bits and 7 before them.
  return bits === WORD_BITS ? word >>> 0 : (word >>> (place & 7)) & ((1 << bits) - 1);
}
