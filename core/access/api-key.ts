/**
 * An API key: `sqk_` + id + `_` + secret. The id finds the record; the secret proves the caller and is nowhere kept. Both are drawn at
 * random where keys are made; here is only how they are written, and what is written down about them.
 */
import { parseQuota, type Quota, quotaText } from './quota.ts';
import { parseScope, type Scope, scopeText } from './scope.ts';

export interface ApiKey {
  readonly id: string;
  /** Whose it is, for people who read lists and audit logs. */
  readonly name: string;
  /** Hex. */
  readonly salt: string;
  /** SHA-256 of salt and secret, hex. */
  readonly digest: string;
  readonly scopes: readonly Scope[];
  readonly quotas: readonly Quota[];
  readonly createdAtMs: number;
  readonly createdBy: string;
}

export interface ApiToken {
  readonly id: string;
  readonly secret: string;
}

const PREFIX = 'sqk_';
/** 48 bits as hex: enough that ids do not meet, short enough to be named in a log. */
export const KEY_ID_BYTES = 6;
/** 256 bits: nobody guesses one, however fast the hash is. */
export const KEY_SECRET_BYTES = 32;
const TOKEN = /^sqk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$/;
/** Where the id stands in a token. */
export const TOKEN_ID_START = PREFIX.length;
export const TOKEN_ID_END = TOKEN_ID_START + 2 * KEY_ID_BYTES;
/** Characters of a whole token: whatever is longer is not looked at. */
export const TOKEN_LENGTH = TOKEN_ID_END + 1 + 43;

export function tokenText({ id, secret }: ApiToken): string {
  return `${PREFIX}${id}_${secret}`;
}

/** Undefined for what cannot be a token. */
export function parseToken(text: string): ApiToken | undefined {
  if (!TOKEN.test(text)) return undefined;
  return { id: text.slice(TOKEN_ID_START, TOKEN_ID_END), secret: text.slice(TOKEN_ID_END + 1) };
}

export function keyRecord({ scopes, quotas, ...rest }: ApiKey): string {
  return JSON.stringify({ ...rest, scopes: scopes.map(scopeText), quotas: quotas.map(quotaText) });
}

/** Throws where the record was not written by `keyRecord`: a key that cannot be read is no key. */
export function readKeyRecord(text: string): ApiKey {
  const { scopes, quotas, ...rest } = JSON.parse(text) as Omit<ApiKey, 'scopes' | 'quotas'> & { scopes: string[]; quotas: string[] };
  return { ...rest, scopes: scopes.map(parseScope), quotas: quotas.map(parseQuota) };
}
