/**
 * CRC-64-AVRO, the fingerprint by which a message names the schema it was written with. Kept as two 32-bit halves: every decoded
 * record looks one up, and a `bigint` would cost more than the record.
 */
export interface Fingerprint {
  /** Signed 32-bit halves, as bit operations give them. */
  readonly low: number;
  readonly high: number;
}

/** The specification's start value and polynomial: 0xc15d213aa4d7a795. */
const EMPTY: Fingerprint = { low: 0xa4d7a795 | 0, high: 0xc15d213a | 0 };

const BYTES = 256;
const LOW = new Int32Array(BYTES);
const HIGH = new Int32Array(BYTES);
for (let byte = 0; byte < BYTES; byte++) {
  let low = byte;
  let high = 0;
  for (let bit = 0; bit < 8; bit++) {
    const odd = -(low & 1);
    low = ((low >>> 1) | (high << 31)) ^ (EMPTY.low & odd);
    high = (high >>> 1) ^ (EMPTY.high & odd);
  }
  LOW[byte] = low;
  HIGH[byte] = high;
}

/** Fingerprint of a text, usually the parsing canonical form of a schema. */
export function fingerprintOf(text: string): Fingerprint {
  let { low, high } = EMPTY;
  for (const byte of new TextEncoder().encode(text)) {
    const row = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (LOW[row] as number);
    high = (high >>> 8) ^ (HIGH[row] as number);
  }
  return { low, high };
}

/** Sixteen hexadecimal digits, highest first: the form people compare. */
export function fingerprintText({ low, high }: Fingerprint): string {
  return [high, low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
