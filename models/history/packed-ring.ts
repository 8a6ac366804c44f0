/**
 * A ring of numbers for long histories: like `Ring`, but what is behind the newest few is packed chunk by chunk (`chunk-packing.ts`),
 * and a stretch of equal values of any length takes a few bytes. A stream of one event a day costs next to nothing, and a busy one
 * at most what plain numbers would.
 *
 * Blocks are whole chunks: a chunk ends at an index that is a multiple of its length, so that equal rings have equal blocks.
 */
import { assert } from '../../core/assertion.ts';
import type { StateReader, StateWriter } from '../state-bytes.ts';
import { type Blocks, firstEndingAfter, NARROW_MAX } from './block-places.ts';
import { CHUNK, isConstant, type PackedType, packed, packedConstant, packedLength, unpackedAt, unpackInto } from './chunk-packing.ts';

/** Memory grows by an eighth: there are many rings, and few of them grow at a time. */
const GROWTH = 1.125;
/** Room for a first packed chunk or stretches of silence. */
const [FIRST_BYTES, FIRST_BLOCKS] = [24, 2];
/** A stretch in saved bytes is counted in 16 bits. */
const SAVED_STRETCH_MAX = 65_535;
const NO_BYTES = new Uint8Array(0);
const NO_BLOCKS: Blocks = new Uint16Array(0);
/** Elements of one chunk while it is packed for saving: scratch. */
const SCRATCH = new Float64Array(CHUNK);

export class PackedRing {
  /** One past the newest index. */
  end = 0;
  /** How many are held: indices `[end - length, end)`. */
  length = 0;
  private readonly type: PackedType;
  private readonly limit: number;
  /** Index of the first element of block 0; blocks count from there. */
  private origin = 0;
  /** Per block: where it ends, counted from the origin, and where its bytes begin. */
  private blocks: Blocks = NO_BLOCKS;
  private blockCount = 0;
  private data = NO_BYTES;
  private dataEnd = 0;
  /** Blocks before this one are forgotten, and cleared away when room is needed. */
  private firstBlock = 0;
  /** The newest elements: all equal to `openValue` until one is not. */
  private open: number[] | undefined;
  private openValue = 0;
  private openCount = 0;
  /** Block that was looked into last: the next look is mostly into it, or into the next one. */
  private recent = 0;

  constructor(type: PackedType, limit: number) {
    this.type = type;
    this.limit = limit;
  }

  get start(): number {
    return this.end - this.length;
  }

  get bytes(): number {
    return this.blocks.byteLength + this.data.byteLength + 8 * (this.open?.length ?? 0);
  }

  /** Counts from this index on; only while nothing was pushed. */
  begin(index: number): void {
    assert(this.length === 0, 'a ring begins before it holds anything');
    this.end = index;
    this.origin = index;
  }

  /** The element with that index; only for `start <= index < end`. */
  at(index: number): number {
    const within = index - (this.end - this.openCount);
    if (within >= 0) return this.open === undefined ? this.openValue : (this.open[within] ?? 0);
    const place = index - this.origin;
    const block = this.blockAt(place);
    return unpackedAt(this.data, this.offsetOf(block), place - this.beginOf(block), this.type);
  }

  /** Elements from that index on, as many as `into` takes, and many times as fast as one by one; of codes, what `meanings` says. */
  read(from: number, into: Float64Array, meanings?: Float64Array): void {
    const open = this.end - this.openCount;
    let to = 0;
    while (to < into.length && from + to < open) {
      const place = from + to - this.origin;
      const block = this.blockAt(place);
      const count = Math.min(into.length - to, (this.blocks[2 * block] ?? 0) - place);
      const stretch = { first: place - this.beginOf(block), count, to };
      unpackInto({ data: this.data, at: this.offsetOf(block), type: this.type }, stretch, into, meanings);
      to += count;
    }
    const meaning = (value: number): number => (meanings === undefined ? value : (meanings[value] ?? 0));
    for (; to < into.length; to++) into[to] = meaning(this.at(from + to));
  }

  push(value: number): void {
    this.add(value);
    this.end++;
    if (this.length < this.limit) this.length++;
    else this.forget();
  }

  /** Pushes the same value `count` times, in bounded time. */
  repeat(value: number, count: number): void {
    if (count >= this.limit) {
      this.reset(this.end + count - this.limit);
      this.openValue = value;
      this.openCount = this.limit;
      this.length = this.limit;
      this.end += count;
      return;
    }
    let left = count;
    while (left > 0 && !(this.open === undefined && this.openCount > 0 && this.openValue === value)) {
      this.push(value);
      left--;
    }
    this.openCount += left;
    this.end += left;
    this.length = Math.min(this.limit, this.length + left);
    this.forget();
  }

  /** The same bytes for the same elements, however they came here: chunk by chunk, equal ones after each other as one stretch. */
  save(to: StateWriter): void {
    to.number(this.end);
    to.number(this.length);
    let [stretch, value] = [0, 0];
    const endStretch = (): void => {
      if (stretch === 0) return;
      to.raw(Uint8Array.of(stretch & 255, stretch >>> 8));
      to.raw(packedConstant(value, this.type));
      stretch = 0;
    };
    for (let from = this.start, count = 0; from < this.end; from += count) {
      count = Math.min(this.end, (Math.floor(from / CHUNK) + 1) * CHUNK) - from;
      const bytes = this.chunkBytes(from, count);
      const same = isConstant(bytes, 0) ? unpackedAt(bytes, 0, 0, this.type) : NaN;
      if (same !== value || stretch + count > SAVED_STRETCH_MAX) endStretch();
      if (Number.isNaN(same)) {
        to.raw(Uint8Array.of(count, 0));
        to.raw(bytes);
      } else {
        value = same;
        stretch += count;
      }
    }
    endStretch();
  }

  restore(from: StateReader): void {
    const end = from.number();
    const length = from.number();
    assert(length <= this.limit, 'a saved ring is longer than this version allows');
    this.reset(end - length);
    this.end = end - length;
    this.length = 0;
    const width = this.type === 'uint16' ? 2 : 8;
    while (this.end < end) {
      const [low = 0, high = 0] = from.raw(2);
      const count = low + 256 * high;
      const head = from.raw(1 + width);
      assert(count > 0 && this.end + count <= end, 'a saved ring does not end where it says');
      if (isConstant(head, 0)) this.repeat(unpackedAt(head, 0, 0, this.type), count);
      else {
        const length = packedLength(head, 0, count, this.type);
        from.raw(length - head.length);
        this.restoreChunk(new Uint8Array(head.buffer, head.byteOffset, length), count);
      }
    }
  }

  /** Whole chunks are packed here as they were saved; parts are the beginning and the end of the ring. */
  private restoreChunk(chunk: Uint8Array, count: number): void {
    if (count < CHUNK) {
      for (let i = 0; i < count; i++) this.push(unpackedAt(chunk, 0, i, this.type));
      return;
    }
    if (this.openCount > 0) this.endStretch();
    this.openCount = CHUNK;
    this.seal(chunk, CHUNK);
    this.end += CHUNK;
    this.length += CHUNK;
  }

  private reset(origin: number): void {
    this.origin = origin;
    [this.blocks, this.data, this.open] = [NO_BLOCKS, NO_BYTES, undefined];
    this.blockCount = this.firstBlock = this.dataEnd = this.recent = this.openCount = 0;
  }

  private add(value: number): void {
    if (this.open === undefined && this.openCount > 0 && value !== this.openValue) this.endStretch();
    if (this.openCount === 0) this.openValue = value;
    if (this.open !== undefined) this.open.push(value);
    this.openCount++;
    if (this.open === undefined || (this.end + 1) % CHUNK !== 0) return;
    this.seal(packed(this.open, this.openCount, this.type), this.openCount);
    this.open = undefined;
  }

  /** Whole chunks of the stretch become a block; the rest, if any, begins a chunk of different values. */
  private endStretch(): void {
    const rest = Math.min(this.openCount, this.end % CHUNK);
    if (rest < this.openCount) this.seal(packedConstant(this.openValue, this.type), this.openCount - rest);
    if (rest === 0) return;
    this.open = new Array<number>(rest).fill(this.openValue);
  }

  /** The first `count` open elements become a block. */
  private seal(bytes: Uint8Array, count: number): void {
    this.makeRoom(bytes.length, count);
    this.data.set(bytes, this.dataEnd);
    this.blocks[2 * this.blockCount] = this.beginOf(this.blockCount) + count;
    this.blocks[2 * this.blockCount + 1] = this.dataEnd;
    this.blockCount++;
    this.dataEnd += bytes.length;
    this.openCount -= count;
  }

  /** A chunk, or a part of one, packed; its bytes are good until the next one is packed. */
  private chunkBytes(from: number, count: number): Uint8Array {
    const place = from - this.origin;
    if (from < this.end - this.openCount) {
      const block = this.blockAt(place);
      const at = this.offsetOf(block);
      if (isConstant(this.data, at)) return this.data.subarray(at, at + packedLength(this.data, at, 1, this.type));
      const whole = this.beginOf(block) === place && (this.blocks[2 * block] ?? 0) === place + count;
      if (whole) return this.data.subarray(at, at + packedLength(this.data, at, count, this.type));
    }
    for (let i = 0; i < count; i++) SCRATCH[i] = this.at(from + i);
    return packed(SCRATCH, count, this.type);
  }

  private makeRoom(bytes: number, count: number): void {
    if (this.fits(bytes, count)) return;
    this.clearAway();
    if (this.fits(bytes, count)) return;
    // One piece of memory for both: each costs a good deal beside what it holds.
    const Width = this.isFar(count) ? Uint32Array : Uint16Array;
    const places = 2 * Math.max(FIRST_BLOCKS, Math.ceil(GROWTH * (this.blockCount + 1)));
    const placeBytes = places * Width.BYTES_PER_ELEMENT;
    const memory = new ArrayBuffer(placeBytes + Math.max(FIRST_BYTES, Math.ceil(GROWTH * (this.dataEnd + bytes))));
    const blocks = new Width(memory, 0, places);
    const data = new Uint8Array(memory, placeBytes);
    blocks.set(this.blocks.subarray(0, 2 * this.blockCount));
    data.set(this.data.subarray(0, this.dataEnd));
    this.blocks = blocks;
    this.data = data;
  }

  private fits(bytes: number, count: number): boolean {
    const isRoom = this.dataEnd + bytes <= this.data.length && 2 * this.blockCount < this.blocks.length;
    return isRoom && (this.blocks instanceof Uint32Array || !this.isFar(count));
  }

  /** True where the next block, of so many elements, lies beyond what 16 bits say. */
  private isFar(count: number): boolean {
    return Math.max(this.beginOf(this.blockCount) + count, this.dataEnd) > NARROW_MAX;
  }

  /** Moves what is still held to the front. */
  private clearAway(): void {
    const { firstBlock } = this;
    if (firstBlock === 0) return;
    const [elements, bytes] = [this.beginOf(firstBlock), firstBlock < this.blockCount ? this.offsetOf(firstBlock) : this.dataEnd];
    this.data.copyWithin(0, bytes, this.dataEnd);
    this.blocks.copyWithin(0, 2 * firstBlock, 2 * this.blockCount);
    this.blockCount -= firstBlock;
    for (let block = 0; block < this.blockCount; block++) {
      this.blocks[2 * block] = (this.blocks[2 * block] ?? 0) - elements;
      this.blocks[2 * block + 1] = (this.blocks[2 * block + 1] ?? 0) - bytes;
    }
    this.origin += elements;
    this.dataEnd -= bytes;
    this.firstBlock = 0;
    this.recent = 0;
  }

  private forget(): void {
    const start = this.start - this.origin;
    while (this.firstBlock < this.blockCount && (this.blocks[2 * this.firstBlock] ?? 0) <= start) this.firstBlock++;
  }

  /** Counted from the origin; of the block after the last, where the open elements begin. */
  private beginOf(block: number): number {
    return block === 0 ? 0 : (this.blocks[2 * block - 2] ?? 0);
  }

  private offsetOf(block: number): number {
    return this.blocks[2 * block + 1] ?? 0;
  }

  private holds(block: number, place: number): boolean {
    return block < this.blockCount && place < (this.blocks[2 * block] ?? 0) && place >= this.beginOf(block);
  }

  private blockAt(place: number): number {
    if (this.holds(this.recent, place)) return this.recent;
    if (this.holds(this.recent + 1, place)) return ++this.recent;
    this.recent = firstEndingAfter(this.blocks, place, this.firstBlock, this.blockCount - 1);
    return this.recent;
  }
}
