/** What a bulk job may be asked. */
import { describe, expect, test } from 'vitest';
import { BULK_COUNT_MAX, issueOrder, stampOrder } from '../../../../workers/runtime/bulk/bulk-order.ts';

const ISSUE = { sequence: 'orders', count: 1, file: 'ids.csv' };

describe('an order of values', () => {
  test('is for the stream bulk/bulk, in the format that the ending says, unless it says otherwise', () => {
    expect(issueOrder(ISSUE)).toEqual({ kind: 'issue', ...ISSUE, topic: '', clientType: 'bulk', service: 'bulk', format: 'csv' });
    expect(issueOrder({ ...ISSUE, file: 'ids.jsonl' }).format).toBe('ranges');
    expect(issueOrder({ ...ISSUE, file: 'ids', format: 'parquet', service: 'loader' })).toMatchObject({
      format: 'parquet',
      service: 'loader',
    });
  });

  test('may be for a topic instead of a file, a record a value or a record a range', () => {
    const asked = { sequence: 'orders', count: 1, topic: 'ids' };
    expect(issueOrder(asked)).toMatchObject({ file: '', topic: 'ids', format: 'values' });
    expect(issueOrder({ ...asked, format: 'ranges' }).format).toBe('ranges');
    expect(() => issueOrder({ ...asked, format: 'parquet' })).toThrow(/a topic holds values or ranges/);
    expect(() => issueOrder({ ...asked, file: 'ids.csv' })).toThrow(/name one of them/);
    expect(() => issueOrder({ ...ISSUE, format: 'values' })).toThrow(/a file is written as/);
  });

  test.each([
    '../out.csv',
    '/elsewhere/out.csv',
    'a/b.csv',
    '..',
    '.jobs',
    '.hidden.csv',
    'noending',
    '',
    'a\u0000.csv',
    'a\\b.csv',
    'a b.csv',
    7,
  ])('into a file named %j is refused', (file) => {
    expect(() => issueOrder({ ...ISSUE, file: file as string })).toThrow(expect.objectContaining({ code: 'SEQ_INVALID_REQUEST' }));
  });

  test.each([0, -1, 1.5, Number.NaN, BULK_COUNT_MAX + 1, '3'])('of %s values is refused', (count) => {
    expect(() => issueOrder({ ...ISSUE, count: count as number })).toThrow(expect.objectContaining({ code: 'SEQ_INVALID_COUNT' }));
  });
});

describe('an order of a stamped file', () => {
  const asked = { sequence: 'orders', input: 'a.csv', file: 'b.parquet', column: 'id' };

  test('reads one table and writes another', () => {
    expect(stampOrder(asked)).toEqual({ kind: 'stamp', ...asked, clientType: 'bulk', service: 'bulk', format: 'parquet' });
  });

  test.each([
    { file: 'a.csv' },
    { file: 'b.jsonl' },
    { input: '../a.csv' },
    { input: 'a.jsonl' },
    { column: ' ' },
    { column: 'x'.repeat(129) },
  ])('with %o is refused', (wrong) => {
    expect(() => stampOrder({ ...asked, ...wrong })).toThrow(expect.objectContaining({ code: 'SEQ_INVALID_REQUEST' }));
  });
});
