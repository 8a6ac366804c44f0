/** What a call about reservations may say, checked before anything is looked up. Every bound has its reason beside it. */
import { SequenceError } from '../errors.ts';
import { COUNT_MAX } from '../limits.ts';

/** Shorter than a second a reservation expires before its answer has crossed a slow network. */
export const TTL_MS_MIN = 1_000;
/** A number that is held for longer than a month is a decision, not a reservation: confirm it or cancel it. */
export const TTL_MS_MAX = 30 * 86_400_000;

/** What others use for idempotency keys, so that theirs can be passed on: printable ASCII without spaces. */
const KEY_LENGTH_MAX = 255;
const KEY_PATTERN = /^[\x21-\x7e]{1,255}$/;
/** Room for a digest of 512 bits in hexadecimal. */
const PAYLOAD_HASH_PATTERN = /^[\x21-\x7e]{1,128}$/;
/** Who asked, and why: for people who read a void report. */
const WORDS_LENGTH_MAX = 255;
// Line breaks and other control characters would spoil every table that the words are shown in.
const WORDS_PATTERN = /^\P{Cc}*$/u;

/** Names one of several series of a generation: a prefix, a period, or both. */
const LABEL_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,62}$/;
/** A life is minted at random by the process that begins it. */
const LIFE_PATTERN = /^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/;

/** Open reservations of one series: each is looked at by every void report, and gone by its time to live at the latest. */
export const OPEN_RESERVATIONS_MAX = 100_000;
/** Reservations one sweep expires in a transaction: nobody waits longer than that takes. */
export const SWEPT_MAX = 1_000;
/** Entries of one page of a report. */
export const PAGE_MAX = 1_000;

export type Problem = SequenceError | undefined;

export function checkCount(count: number): Problem {
  if (Number.isSafeInteger(count) && count >= 1 && count <= COUNT_MAX) return undefined;
  return new SequenceError('SEQ_INVALID_COUNT', `count is ${count}; it is a whole number from 1 to ${COUNT_MAX}`, { count });
}

export function checkTtl(ttlMs: number): Problem {
  if (Number.isSafeInteger(ttlMs) && ttlMs >= TTL_MS_MIN && ttlMs <= TTL_MS_MAX) return undefined;
  return invalid('ttlMs', `is ${ttlMs}`, `a reservation is held for ${TTL_MS_MIN} ms to ${TTL_MS_MAX} ms (30 days)`);
}

export function checkKey(key: string, payloadHash: string): Problem {
  if (!KEY_PATTERN.test(key))
    return invalid('key', 'cannot be used', `a key is 1 to ${KEY_LENGTH_MAX} printable ASCII characters, no spaces`);
  if (PAYLOAD_HASH_PATTERN.test(payloadHash)) return undefined;
  return invalid('payloadHash', 'cannot be used', 'it is 1 to 128 printable ASCII characters');
}

export function checkWords(field: string, words: string): Problem {
  if (words.length <= WORDS_LENGTH_MAX && WORDS_PATTERN.test(words)) return undefined;
  return invalid(field, 'cannot be used', `it is at most ${WORDS_LENGTH_MAX} characters, none of them a control character`);
}

export function checkCapacity(capacity: number): Problem {
  if (Number.isSafeInteger(capacity) && capacity >= 1) return undefined;
  return invalid('capacity', `is ${capacity}`, 'a series holds at least one ordinal');
}

/** An empty label is that of a generation with one series only. */
export function checkLabel(label: string): Problem {
  if (label === '' || LABEL_PATTERN.test(label)) return undefined;
  return invalid('label', 'cannot be used', 'it is 1 to 63 letters, digits or any of _ . : @ -');
}

export function checkLife(life: string): Problem {
  return LIFE_PATTERN.test(life) ? undefined : invalid('life', 'cannot be used', 'it is 1 to 63 letters, digits or hyphens');
}

function invalid(field: string, what: string, wayOut: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', `${field} ${what}; ${wayOut}`, { field });
}
