/** What scopes, quotas and keys mean, as people write them. */
import { describe, expect, it } from 'vitest';
import { keyRecord, parseToken, readKeyRecord, tokenText } from '../../../core/access/api-key.ts';
import { parseQuota, periodAt, quotaText, secondsLeft, sliceOf } from '../../../core/access/quota.ts';
import { allows, covers, mayOperate, parseScope, sees } from '../../../core/access/scope.ts';

describe('a scope', () => {
  it('covers a name, a namespace up to its dot, or everything', () => {
    expect(covers('orders', 'orders')).toBe(true);
    expect(covers('orders', 'orders2')).toBe(false);
    expect(covers('acme.*', 'acme.orders')).toBe(true);
    expect(covers('acme.*', 'acmecorp.orders')).toBe(false);
    expect(covers('acme.*', 'acme')).toBe(false);
    expect(covers('*', 'anything')).toBe(true);
  });

  it('gives who administers a sequence the right to look at it, and nothing else beside', () => {
    const scopes = [parseScope('admin:acme.*')];
    expect(allows(scopes, 'admin', 'acme.a')).toBe(true);
    expect(allows(scopes, 'read', 'acme.a')).toBe(true);
    expect(allows(scopes, 'next', 'acme.a')).toBe(false);
    expect(sees(scopes, 'beta.a')).toBe(false);
    expect(mayOperate(scopes)).toBe(false);
    expect(sees([parseScope('operate:*')], 'acme.a')).toBe(false);
  });

  it.each(['next', 'next:', 'eat:acme.*', 'next:*.acme', 'next:a*', 'next:../x', 'operate:acme.*', 'next:acme.*.*', ':*'])(
    'refuses %s',
    (text) => {
      expect(() => parseScope(text)).toThrow(expect.objectContaining({ code: 'SEQ_INVALID_REQUEST' }));
    },
  );
});

describe('a quota', () => {
  it('is written as it is read', () => {
    expect(parseQuota('acme.*=1000000/day')).toEqual({ pattern: 'acme.*', values: 1_000_000, period: 'day' });
    expect(quotaText(parseQuota('orders=5/hour'))).toBe('orders=5/hour');
  });

  it.each(['acme.*', 'acme.*=0/day', 'acme.*=-1/day', 'acme.*=5/week', 'acme.*=1e9/day', '=5/day', '*.x=5/day'])('refuses %s', (text) => {
    expect(() => parseQuota(text)).toThrow(expect.objectContaining({ code: 'SEQ_INVALID_REQUEST' }));
  });

  it('counts hours, days and months of UTC', () => {
    const lateMs = Date.UTC(2026, 11, 31, 23, 59, 30);
    expect(['hour', 'day', 'month'].map((period) => periodAt(parseQuota(`a=1/${period}`), lateMs))).toEqual([
      '2026-12-31T23',
      '2026-12-31',
      '2026-12',
    ]);
    expect(['hour', 'day', 'month'].map((period) => secondsLeft(parseQuota(`a=1/${period}`), lateMs))).toEqual([30, 30, 30]);
  });

  it('leases a hundredth, at least a call and at most what is left', () => {
    const quota = parseQuota('a=1000000/day');
    expect(sliceOf(quota, 1, 1_000_000)).toBe(10_000);
    expect(sliceOf(quota, 20_000, 1_000_000)).toBe(20_000);
    expect(sliceOf(quota, 1, 7)).toBe(7);
    expect(sliceOf(quota, 8, 7)).toBe(0);
  });
});

describe('a key', () => {
  it('is one token, and nothing that only looks like it', () => {
    const token = { id: '0123456789ab', secret: `${'a'.repeat(42)}_` };
    expect(parseToken(tokenText(token))).toEqual(token);
    for (const wrong of ['', 'sqk_', `${tokenText(token)}x`, tokenText(token).toUpperCase(), tokenText(token).replace('a_', 'a/')]) {
      expect(parseToken(wrong)).toBeUndefined();
    }
  });

  it('is kept with its scopes and quotas', () => {
    const key = {
      ...{ id: '0123456789ab', name: 'acme', salt: '00', digest: 'ff', createdAtMs: 1, createdBy: 'loopback' },
      scopes: [parseScope('next:acme.*')],
      quotas: [parseQuota('acme.*=5/day')],
    };
    expect(readKeyRecord(keyRecord(key))).toEqual(key);
  });
});
