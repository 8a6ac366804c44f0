/**
 * The header that proved a key last: the same client sends the same one with every request, and to hash it each time anew would cost as much
 * as the rest of its answer.
 *
 * It is found by the id of the key, which is no secret, and compared whole in constant time: how long that takes tells whether a key with
 * this id was used lately, and never how much of a secret was right. What differs is held against the digest as ever. It is a part of what
 * is known of a key in memory, goes with it when the key is revoked or changed, and is written nowhere.
 */
import { timingSafeEqual } from 'node:crypto';
import { TOKEN_ID_END, TOKEN_ID_START, TOKEN_LENGTH } from '../../../core/access/api-key.ts';

const SCHEME = 'Bearer ';
const LENGTH = SCHEME.length + TOKEN_LENGTH;

/** What the id of the key would be, if the header has one: nothing but its length was looked at. */
export function keyIdIn(authorization: string): string | undefined {
  return authorization.length === LENGTH ? authorization.slice(SCHEME.length + TOKEN_ID_START, SCHEME.length + TOKEN_ID_END) : undefined;
}

/** One for all requests: what is in it is compared before anything else runs. */
const given = Buffer.alloc(LENGTH);

export class ProvenHeader {
  readonly #header: Buffer;

  /** Of a token that was held against its key's digest. */
  constructor(token: string) {
    this.#header = Buffer.from(SCHEME + token, 'latin1');
  }

  /** The header has as many characters as a token makes it. */
  is(authorization: string): boolean {
    given.write(authorization, 'latin1');
    return timingSafeEqual(this.#header, given);
  }
}
