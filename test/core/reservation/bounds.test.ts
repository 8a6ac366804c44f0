/** What a call about reservations may say: each bound from both of its sides, and the words by which a refusal names the way out. */
import { describe, expect, test } from 'vitest';
import {
  checkCapacity,
  checkCount,
  checkKey,
  checkLabel,
  checkLife,
  checkTtl,
  checkWords,
  type Problem,
  TTL_MS_MAX,
  TTL_MS_MIN,
} from '../../../core/reservation/bounds.ts';

const SPACE = ' ';
const LONGEST_WORDS = 'x'.repeat(255);

describe('a call about reservations', () => {
  test.each<[string, () => Problem]>([
    ['one value', () => checkCount(1)],
    ['the most values', () => checkCount(10_000)],
    ['the shortest time', () => checkTtl(TTL_MS_MIN)],
    ['the longest time', () => checkTtl(TTL_MS_MAX)],
    ['the shortest key and hash', () => checkKey('!', '~')],
    ['the longest key and hash', () => checkKey('k'.repeat(255), 'f'.repeat(128))],
    ['no words', () => checkWords('because', '')],
    ['the longest words', () => checkWords('because', LONGEST_WORDS)],
    ['words of any language', () => checkWords('because', 'zurückgezogen – 取消')],
    ['a series of one ordinal', () => checkCapacity(1)],
    ['the largest series', () => checkCapacity(Number.MAX_SAFE_INTEGER)],
    ['a generation with one series', () => checkLabel('')],
    ['the longest label', () => checkLabel('9'.repeat(63))],
    ['every character of a label', () => checkLabel('a_Z.0:@-')],
    ['the longest life', () => checkLife('b'.repeat(63))],
    ['a life of hyphens behind its first letter', () => checkLife('a--')],
  ])('may ask for %s', (_, check) => {
    expect(check()).toBeUndefined();
  });

  test.each([0, -1, 1.5, 10_001, Number.NaN, Number.POSITIVE_INFINITY])('may not ask for %d values, and is told how many', (count) => {
    expect(checkCount(count)).toMatchObject({
      code: 'SEQ_INVALID_COUNT',
      message: `count is ${count}; it is a whole number from 1 to 10000`,
      details: { count },
    });
  });

  test.each([TTL_MS_MIN - 1, TTL_MS_MAX + 1, TTL_MS_MIN + 0.5, Number.NaN])(
    'may not hold values for %d ms, and is told how long',
    (ttlMs) => {
      expect(checkTtl(ttlMs)).toMatchObject(refusal('ttlMs', new RegExp(`^ttlMs is ${ttlMs}; .*1000 ms to 2592000000 ms \\(30 days\\)$`)));
    },
  );

  test.each([0, -1, 1.5, 2 ** 53, Number.NaN])('may not open a series of %d ordinals', (capacity) => {
    expect(checkCapacity(capacity)).toMatchObject(refusal('capacity', new RegExp(`^capacity is ${capacity}; .*at least one ordinal`)));
  });

  test.each<[string, string, RegExp, () => Problem]>([
    ['no key', 'key', /1 to 255 printable ASCII/, () => checkKey('', 'hash')],
    ['a key too long', 'key', /1 to 255/, () => checkKey('k'.repeat(256), 'hash')],
    ['a key with a space', 'key', /no spaces/, () => checkKey(`a${SPACE}b`, 'hash')],
    ['a key with a space around it', 'key', /no spaces/, () => checkKey(`${SPACE}a`, 'hash')],
    ['a key beyond ASCII', 'key', /printable ASCII/, () => checkKey('é', 'hash')],
    ['no hash', 'payloadHash', /1 to 128 printable ASCII/, () => checkKey('k', '')],
    ['a hash too long', 'payloadHash', /1 to 128/, () => checkKey('k', 'f'.repeat(129))],
    ['a hash with a line break', 'payloadHash', /printable ASCII/, () => checkKey('k', 'f\n')],
    ['words too long', 'because', /at most 255 characters/, () => checkWords('because', `${LONGEST_WORDS}x`)],
    ['words with a line break', 'owner', /none of them a control character/, () => checkWords('owner', 'two\nlines')],
    ['a label too long', 'label', /1 to 63 letters, digits or any of _ \. : @ -/, () => checkLabel('9'.repeat(64))],
    ['a label with a slash', 'label', /1 to 63 letters/, () => checkLabel('2026/07')],
    ['a label that begins with a dot', 'label', /1 to 63 letters/, () => checkLabel('.a')],
    ['no life', 'life', /1 to 63 letters, digits or hyphens/, () => checkLife('')],
    ['a life too long', 'life', /1 to 63/, () => checkLife('b'.repeat(64))],
    ['a life with a dot', 'life', /letters, digits or hyphens/, () => checkLife('a.b')],
    ['a life that begins with a hyphen', 'life', /letters, digits or hyphens/, () => checkLife('-a')],
  ])('may not say %s: the refusal names the field and what would do', (_, field, wayOut, check) => {
    expect(check()).toMatchObject(refusal(field, wayOut));
    expect(check()?.message).toMatch(new RegExp(`^${field} cannot be used; `));
  });
});

function refusal(field: string, message: RegExp): object {
  return { code: 'SEQ_INVALID_REQUEST', details: { field }, message: expect.stringMatching(message) };
}
