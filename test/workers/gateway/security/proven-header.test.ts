/** A key that was proved once is recognised from then on; what that must never do is let in what would not have been let in without it. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { tokenText } from '../../../../core/access/api-key.ts';
import { keyIdIn, ProvenHeader } from '../../../../workers/gateway/security/proven-header.ts';
import { ADMIN_KEY, type Guarded, guarded } from './guarded.ts';

const NEXT = '/v1/sequences/orders/next';
let door: Guarded;
let token: string;

beforeAll(async () => {
  door = await guarded();
  token = await door.key('acme', ['next:orders'], ['orders=3/day']);
  await door.ask(ADMIN_KEY, 'POST', '/v1/sequences', { name: 'orders' });
});

afterAll(() => door.close());

describe('a key that was proved', () => {
  it('is not held against its digest again, and its quota counts on', async () => {
    const slowly = vi.spyOn(door.security.book, 'principalOf');
    const taken = [];
    for (let call = 0; call < 4; call++) taken.push((await door.ask(token, 'POST', NEXT, {})).statusCode);
    expect(taken).toEqual([200, 200, 200, 429]);
    expect(slowly).toHaveBeenCalledTimes(1);
  });

  it('makes no other secret right, wherever that differs', async () => {
    for (const at of [token.length - 43, token.length - 20, token.length - 1]) {
      const other = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      expect((await door.ask(other, 'POST', NEXT, {})).statusCode).toBe(401);
    }
    const longer = await door.ask(`${token}A`, 'POST', NEXT, {});
    expect(longer.statusCode).toBe(401);
  });

  it('is refused by the first request after it was revoked', async () => {
    const revoked = await door.key('gone', ['next:orders']);
    expect((await door.ask(revoked, 'POST', NEXT, {})).statusCode).toBe(200);
    expect((await door.ask(revoked, 'POST', NEXT, {})).statusCode).toBe(200);
    await door.ask(ADMIN_KEY, 'DELETE', '/v1/keys/gone');
    expect((await door.ask(revoked, 'POST', NEXT, {})).statusCode).toBe(401);
  });
});

describe('a header', () => {
  const token = (): string => tokenText({ id: randomBytes(6).toString('hex'), secret: randomBytes(32).toString('base64url') });

  it('is the proven one exactly where they are equal', () => {
    const proven = token();
    const header = `Bearer ${proven}`;
    const changed = fc.record({ at: fc.nat(header.length - 1), to: fc.integer({ min: 0x20, max: 0xff }) });
    fc.assert(
      fc.property(changed, ({ at, to }) => {
        const given = header.slice(0, at) + String.fromCharCode(to) + header.slice(at + 1);
        expect(new ProvenHeader(proven).is(given)).toBe(given === header);
      }),
    );
  });

  it('names the id of its key where it is as long as a token makes it', () => {
    const one = token();
    expect(keyIdIn(`Bearer ${one}`)).toBe(one.slice(4, 16));
    expect(keyIdIn(`Bearer ${one}x`)).toBeUndefined();
    expect(keyIdIn('Basic YTpi')).toBeUndefined();
  });
});
