import { describe, expect, test } from 'vitest';
import { ERROR_CATALOGUE, ERROR_CODES, type ErrorCode, SequenceError } from '../../core/errors.ts';

/** The statuses that answers of this service may have beside success. */
const STATUSES = [400, 401, 403, 404, 409, 410, 412, 413, 422, 429, 500, 501, 503, 507];
/** Trying again as it is helps only where somebody else was faster, too many came at once, or something is away for a while. */
const RETRIABLE_STATUSES = [409, 429, 503, 507];

describe('the error catalogue', () => {
  test.each(ERROR_CODES)('says of %s when it is thrown, what to do, and how HTTP answers', (code) => {
    const entry = ERROR_CATALOGUE[code];
    expect(Object.keys(entry).sort()).toEqual(['httpStatus', 'retriable', 'whatToDo', 'when']);
    expect(STATUSES).toContain(entry.httpStatus);
    // It follows "Thrown when ", so it neither begins nor ends a sentence.
    expect(entry.when).toMatch(/^[a-z][^\n]*[^.\s]$/);
    expect(entry.whatToDo).toMatch(/^[A-Z][^\n]*\.$/);
  });

  test('names its codes alike', () => {
    for (const code of ERROR_CODES) expect(code).toMatch(/^SEQ(_[A-Z]+)+$/);
    expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length);
  });

  test('calls retriable only what another attempt can mend, and always where a service is away', () => {
    for (const code of ERROR_CODES) {
      const { retriable, httpStatus } = ERROR_CATALOGUE[code];
      if (retriable) expect(RETRIABLE_STATUSES, code).toContain(httpStatus);
      // A quota that is used up stays so for hours: a caller that came back at once would only be refused again.
      const isAway = httpStatus === 503 || (httpStatus === 429 && code !== 'SEQ_QUOTA_EXCEEDED');
      if (isAway) expect(retriable, code).toBe(true);
    }
  });

  test('has exactly the codes of the type', () => {
    // Neither line compiles if a code is in one and not in the other.
    const every: Record<ErrorCode, true> = Object.fromEntries(ERROR_CODES.map((code) => [code, true])) as Record<ErrorCode, true>;
    const codes: readonly ErrorCode[] = ERROR_CODES;
    expect(Object.keys(every)).toEqual([...codes]);
    expect(Object.keys(ERROR_CATALOGUE)).toEqual([...codes]);
  });
});

describe('an error', () => {
  test('carries its code, its details and its cause', () => {
    const cause = new Error('disk');
    const error = new SequenceError('SEQ_DISK_FULL', 'the disk is full', { path: 'data' }, { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'SequenceError',
      code: 'SEQ_DISK_FULL',
      message: 'the disk is full',
      details: { path: 'data' },
      cause,
    });
  });

  test('says what its catalogue entry says', () => {
    const error = new SequenceError('SEQ_WAIT_TIMEOUT', 'late');
    expect(error.details).toEqual({});
    const { retriable, httpStatus, whatToDo } = ERROR_CATALOGUE.SEQ_WAIT_TIMEOUT;
    expect([error.retriable, error.httpStatus, error.whatToDo]).toEqual([retriable, httpStatus, whatToDo]);
  });
});
