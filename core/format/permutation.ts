/**
 * A keyed permutation of 0 … size − 1: public ids that neither count up nor tell how many there are, and that whoever has the key can
 * turn back. It hides order from people; it is not encryption, and no secret may depend on it.
 *
 * A balanced Feistel network of eight rounds over HalfSipHash-2-4 (Aumasson, Bernstein: SipHash on 32-bit words, which numbers hold), on
 * the smallest even number of bits that holds the domain; what falls outside is permuted again until it falls inside (cycle walking:
 * Black, Rogaway 2002), less than four times on average.
 */
import { assert } from '../assertion.ts';

/** Below this a table of all ids could be written down, and rounds of a few bits permute badly. */
export const PERMUTATION_SIZE_MIN = 2n ** 16n;
export const PERMUTATION_SIZE_MAX = 2n ** 63n;
/** Two would be turned back with a few pairs of known ids, four are the proof's minimum; twice that costs a microsecond. */
const ROUNDS = 8;
const KEY_BYTES = 16;

export class Permutation {
  readonly size: bigint;
  /** At most 32: halves are unsigned 32-bit numbers. */
  private readonly halfBits: number;
  private readonly halfMask: number;
  /** Rounds take turns with the two halves of the key. */
  private readonly key: Uint32Array;

  /** The key has 16 bytes; the size is from 2^16 to 2^63. */
  constructor(key: Uint8Array, size: bigint) {
    assert(key.length === KEY_BYTES, 'the key of a permutation has 16 bytes');
    assert(size >= PERMUTATION_SIZE_MIN && size <= PERMUTATION_SIZE_MAX, 'a permutation has from 2^16 to 2^63 values');
    const view = new DataView(key.buffer, key.byteOffset, key.length);
    this.size = size;
    this.key = Uint32Array.from({ length: KEY_BYTES / 4 }, (_, i) => view.getUint32(4 * i, true));
    this.halfBits = Math.ceil((size - 1n).toString(2).length / 2);
    this.halfMask = 2 ** this.halfBits - 1;
  }

  apply(value: bigint): bigint {
    return this.walk(value, (each) => this.forward(each));
  }

  invert(value: bigint): bigint {
    return this.walk(value, (each) => this.backward(each));
  }

  private walk(value: bigint, step: (value: bigint) => bigint): bigint {
    assert(value >= 0n && value < this.size, 'a permutation takes values of its own domain');
    let at = step(value);
    while (at >= this.size) at = step(at);
    return at;
  }

  private forward(value: bigint): bigint {
    let left = Number(value >> BigInt(this.halfBits));
    let right = Number(value & BigInt(this.halfMask));
    for (let round = 0; round < ROUNDS; round++) {
      const next = (left ^ this.half(round, right)) >>> 0;
      left = right;
      right = next;
    }
    return (BigInt(left) << BigInt(this.halfBits)) | BigInt(right);
  }

  private backward(value: bigint): bigint {
    let left = Number(value >> BigInt(this.halfBits));
    let right = Number(value & BigInt(this.halfMask));
    for (let round = ROUNDS - 1; round >= 0; round--) {
      const before = (right ^ this.half(round, left)) >>> 0;
      right = left;
      left = before;
    }
    return (BigInt(left) << BigInt(this.halfBits)) | BigInt(right);
  }

  private half(round: number, half: number): number {
    const at = 2 * (round % 2);
    MESSAGE[0] = half;
    MESSAGE[1] = round;
    return (halfSipHash(this.key[at] ?? 0, this.key[at + 1] ?? 0, MESSAGE) & this.halfMask) >>> 0;
  }
}

/** What a round hashes: scratch, filled before each use. */
const MESSAGE = new Uint32Array(2);

/** HalfSipHash-2-4 with 32 bits of output, of a message of whole words (little-endian). */
export function halfSipHash(k0: number, k1: number, words: Uint32Array): number {
  V[0] = k0;
  V[1] = k1;
  V[2] = 0x6c796765 ^ k0;
  V[3] = 0x74656462 ^ k1;
  for (const word of words) absorb(word);
  absorb((words.length * 4) << 24);
  V[2] ^= 0xff;
  for (let i = 0; i < 4; i++) sipRound();
  return (V[1] ^ V[3]) >>> 0;
}

/** The four words of the state: scratch. */
const V: [number, number, number, number] = [0, 0, 0, 0];

function absorb(word: number): void {
  V[3] ^= word;
  sipRound();
  sipRound();
  V[0] ^= word;
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function sipRound(): void {
  V[0] = (V[0] + V[1]) | 0;
  V[1] = rotated(V[1], 5) ^ V[0];
  V[0] = rotated(V[0], 16);
  V[2] = (V[2] + V[3]) | 0;
  V[3] = rotated(V[3], 8) ^ V[2];
  V[0] = (V[0] + V[3]) | 0;
  V[3] = rotated(V[3], 7) ^ V[0];
  V[2] = (V[2] + V[1]) | 0;
  V[1] = rotated(V[1], 13) ^ V[2];
  V[2] = rotated(V[2], 16);
}
