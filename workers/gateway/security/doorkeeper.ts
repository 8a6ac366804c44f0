/**
 * Who a request comes from. With keys it says so by `authorization: Bearer`; without, on loopback, everybody on this machine may do
 * everything, and what is kept out are pages of other sites that a browser on this machine shows. No promise: this is on every request.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { parseToken } from '../../../core/access/api-key.ts';
import { SequenceError } from '../../../core/errors.ts';
import type { KeyBook } from './key-book.ts';
import { EVERY_SCOPE, Principal } from './principal.ts';

/** `keys`: nobody without one. `loopback`: who is on this machine needs none. `insecure`: nobody needs one. */
export type Door = 'keys' | 'loopback' | 'insecure';

export interface DoorkeeperOptions {
  readonly door: Door;
  readonly book: Pick<KeyBook, 'principalOf' | 'recognised'>;
  /** A secret from the environment that may do everything: with it the first keys are made. */
  readonly adminKey: string | undefined;
}

const BEARER = /^bearer /i;
const BEARER_LENGTH = 'Bearer '.length;

export class Doorkeeper {
  readonly #options: DoorkeeperOptions;
  readonly #admin: { readonly digest: Buffer; readonly principal: Principal } | undefined;
  readonly #anybody: Principal;
  /** The last host that was found to be this machine: a caller names it with every request, and taking it apart cost a twentieth of one. */
  #ownHost: string | undefined;

  constructor(options: DoorkeeperOptions) {
    this.#options = options;
    const free = { scopes: EVERY_SCOPE, quotas: [] };
    this.#anybody = new Principal({ name: options.door, ...free });
    const { adminKey } = options;
    this.#admin =
      adminKey === undefined ? undefined : { digest: sha256(adminKey), principal: new Principal({ name: 'admin-key', ...free }) };
  }

  /** Throws `SEQ_UNAUTHENTICATED`; for a page of another site `SEQ_FORBIDDEN`. */
  identify(request: FastifyRequest): Principal {
    const { authorization } = request.raw.headers;
    if (authorization !== undefined) return this.#options.book.recognised(authorization) ?? this.#byToken(authorization);
    if (this.#options.door === 'keys') throw unauthenticated('this server needs an API key, and the request carries none');
    this.#refuseOtherSites(request);
    return this.#anybody;
  }

  #byToken(authorization: string): Principal {
    if (!BEARER.test(authorization)) throw unauthenticated('the header authorization should be `Bearer` and an API key');
    const text = authorization.slice(BEARER_LENGTH);
    const token = parseToken(text);
    if (token !== undefined) {
      const principal = this.#options.book.principalOf(token);
      if (principal !== undefined) return principal;
    } else if (this.#admin !== undefined && timingSafeEqual(this.#admin.digest, sha256(text))) return this.#admin.principal;
    throw unauthenticated('the API key is not known: mistyped, revoked, or of another installation');
  }

  /**
   * A browser sends requests for any page it shows. One that comes from another site says so in `origin`; one whose name was pointed at
   * this machine (DNS rebinding) carries that name as `host`.
   */
  #refuseOtherSites({ raw: { method, headers } }: FastifyRequest): void {
    const { host = '', origin } = headers;
    if (this.#options.door === 'loopback' && host !== this.#ownHost) {
      if (!isOfThisMachine(host))
        throw forbidden(
          `the host ${JSON.stringify(host.slice(0, 80))} is not this machine: name it as 127.0.0.1 or localhost, or use API keys`,
        );
      this.#ownHost = host;
    }
    if (origin !== undefined && method !== 'GET' && method !== 'HEAD' && !isSameSite(origin, host))
      throw forbidden('a page of another site may not do this: use API keys');
  }
}

function isOfThisMachine(host: string): boolean {
  const url = `http://${host}`;
  if (host === '' || !URL.canParse(url)) return host === '';
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname.endsWith('.localhost') || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
}

function isSameSite(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function unauthenticated(message: string): SequenceError {
  return new SequenceError('SEQ_UNAUTHENTICATED', message);
}

function forbidden(message: string): SequenceError {
  return new SequenceError('SEQ_FORBIDDEN', message);
}
