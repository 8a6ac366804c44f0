/** What scopes, quotas and keys mean, as people write them. */
import { describe, expect, it } from 'vitest';
import { keyRecord, parseToken, readKeyRecord, tokenText } from '../../../core/access/api-key.ts';
import { parseQuota, periodAt, quotaText, secondsLeft, sliceOf } from '../../../core/access/quota.ts';
import { allows, covers, mayOperate, parseScope, scopeText, sees } from '../../../core/access/scope.ts';

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

  it('needs one of several to allow, to show or to operate', () => {
    const scopes = ['read:beta.*', 'next:acme.orders', 'operate:*'].map(parseScope);
    expect(allows(scopes, 'next', 'acme.orders')).toBe(true);
    expect(allows(scopes, 'read', 'acme.orders')).toBe(false);
    expect(allows([parseScope('next:*')], 'read', 'acme.orders')).toBe(false);
    expect(allows([], 'read', 'acme.orders')).toBe(false);
    expect(['acme.orders', 'beta.a', 'acme.bills'].map((sequence) => sees(scopes, sequence))).toEqual([true, true, false]);
    expect(mayOperate(scopes)).toBe(true);
    expect(mayOperate([])).toBe(false);
  });

  it('is written as it is read', () => {
    for (const text of ['next:acme.*', 'reserve:orders', 'read:*', 'admin:a.b', 'operate:*'])
      expect(scopeText(parseScope(text))).toBe(text);
  });

  it.each<[string, RegExp]>([
    ['eat:acme.*', /"eat:acme\.\*" is not one: write a verb \(next, reserve, read, admin, operate\), ':' and a pattern/],
    ['operate:acme.*', /"operate:acme\.\*" is not one: .* write operate:\*/],
    ['next:a*', /pattern "a\*" is not one: write a sequence's name, a namespace such as acme\.\*, or \*/],
  ])('that is refused is named with what to write: %s', (text, message) => {
    expect(() => parseScope(text)).toThrow(message);
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

  it.each([
    'acme.*',
    'acme.*=0/day',
    'acme.*=-1/day',
    'acme.*=5/week',
    'acme.*=1e9/day',
    '=5/day',
    '*.x=5/day',
    '=a=5/day',
    'a=5/day ',
    'a=5/day2',
    'a=9007199254740992/day',
  ])('refuses %s', (text) => {
    expect(() => parseQuota(text)).toThrow(expect.objectContaining({ code: 'SEQ_INVALID_REQUEST' }));
  });

  it('that is refused is named with what to write, and the largest one is not', () => {
    expect(() => parseQuota('a=5/week')).toThrow(/quota "a=5\/week" is not one: .* hour, day, month, as acme\.\*=1000000\/day/);
    expect(parseQuota('a=9007199254740991/month').values).toBe(Number.MAX_SAFE_INTEGER);
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

  it('ends with its hour, its day or its month, and never sooner than in a second', () => {
    const left = (nowMs: number) => ['hour', 'day', 'month'].map((period) => secondsLeft(parseQuota(`a=1/${period}`), nowMs));
    // A quarter past noon on the 16th of 30 days: 45 minutes, 11 hours 45, and two weeks besides are left.
    expect(left(Date.UTC(2026, 10, 16, 12, 15))).toEqual([2_700, 42_300, 14 * 86_400 + 42_300]);
    expect(left(Date.UTC(2026, 10, 1))).toEqual([3_600, 86_400, 30 * 86_400]);
    expect(left(Date.UTC(2026, 10, 1) - 1)).toEqual([1, 1, 1]);
  });

  it('leases a hundredth, at least a call and at most what is left', () => {
    const quota = parseQuota('a=1000000/day');
    expect(sliceOf(quota, 1, 1_000_000)).toBe(10_000);
    expect(sliceOf(quota, 20_000, 1_000_000)).toBe(20_000);
    expect(sliceOf(quota, 1, 7)).toBe(7);
    expect(sliceOf(quota, 7, 7)).toBe(7);
    expect(sliceOf(quota, 8, 7)).toBe(0);
    expect(sliceOf(parseQuota('a=5000/day'), 1, 5_000)).toBe(1_000);
    expect(sliceOf(parseQuota('a=300/day'), 1, 5_000)).toBe(300);
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
