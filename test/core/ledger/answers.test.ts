import { describe, expect, test } from 'vitest';
import { answerKey } from '../../../core/ledger/shards-state.ts';
import { REQUEST_IDS_MAX } from '../../../core/limits.ts';
import { answered, expectRejected, extended, folded, STREAM } from './ledger-fixture.ts';

describe('the answer to a request', () => {
  test('is the first one accepted, for ever the same', () => {
    const ledger = folded(answered('r-1', 'first'));
    expectRejected(ledger, answered('r-1', 'second'), 'request-answered-before');
    expect(ledger.shards.answers.get(answerKey(STREAM, 'r-1'))?.payloadHash).toBe('first');
  });

  test('counts per stream: two streams may use one request id', () => {
    const ledger = folded(answered('r-1'), answered('r-1', 'hash', 's/mobile/api'));
    expect(ledger.shards.answers.size).toBe(2);
  });

  test('is forgotten, oldest first, by the number of later answers and not by a clock', () => {
    const ledger = folded(answered('oldest'), answered('second'));
    for (let i = 2; i < REQUEST_IDS_MAX; i++) answered(`r-${i}`)(ledger);
    expect(ledger.shards.answers.size).toBe(REQUEST_IDS_MAX);
    expect(answered('oldest')(ledger)).toBe('request-answered-before');
    extended(ledger, answered('one more'));
    expect(ledger.shards.answers.size).toBe(REQUEST_IDS_MAX);
    expect(answered('second')(ledger)).toBe('request-answered-before');
    extended(ledger, answered('oldest'));
  });
});
