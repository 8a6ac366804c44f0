/** Digits of times, read where they stand in a file: no text is made of them. */

const ZERO = 0x30;
const DOT = 0x2e;
/** Of what stands in a message. */
const SHOWN_BYTES = 80;

/** Whole digits of a number. */
export function digitsOf(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  return digits;
}

/** The number that begins at `start`, as if its decimal point stood before `pointAt` digits; a point on the way is passed over. */
export function decimal(bytes: Uint8Array, start: number, end: number, pointAt: number): number {
  let whole = 0;
  let weight = 0.1;
  let digitsLeft = pointAt - start;
  for (let at = start; at < end; at++) {
    if (bytes[at] === DOT) continue;
    if (!isDigit(bytes[at])) return Number.NaN;
    const digit = (bytes[at] as number) - ZERO;
    if (digitsLeft > 0) whole = whole * 10 + digit;
    else {
      whole += digit * weight;
      weight /= 10;
    }
    digitsLeft--;
  }
  for (; digitsLeft > 0; digitsLeft--) whole *= 10;
  return whole;
}

export function twoDigits(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end || !isDigit(bytes[at]) || !isDigit(bytes[at + 1])) return Number.NaN;
  return ((bytes[at] as number) - ZERO) * 10 + (bytes[at + 1] as number) - ZERO;
}

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte < ZERO + 10;
}

export function shown(bytes: Uint8Array, start: number, end: number): string {
  return new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + SHOWN_BYTES)));
}
