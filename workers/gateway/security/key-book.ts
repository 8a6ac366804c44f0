/**
 * The API keys of an installation: the `keys/` part of the route table, held in memory and kept current by a watch, so that every gateway
 * knows a new key, and forgets a revoked one, within moments, and looking one up costs one map access.
 */
import { type ApiKey, type ApiToken, keyRecord, readKeyRecord, tokenText } from '../../../core/access/api-key.ts';
import { type Quota, quotaText } from '../../../core/access/quota.ts';
import { type Scope, scopeText } from '../../../core/access/scope.ts';
import { SequenceError } from '../../../core/errors.ts';
import { NAME_PATTERN } from '../../../core/limits.ts';
import type { RouteTable, Subscription } from '../../../pipelines/ports.ts';
import { mintKey, provesKey } from './key-digest.ts';
import { Principal } from './principal.ts';
import { keyIdIn, ProvenHeader } from './proven-header.ts';

const PREFIX = 'keys/';
/** Each is held by every gateway; an installation with more tenants than this gives keys to services, not to people. */
const KEYS_MAX = 10_000;
/** A key with more than this is better two. */
const SCOPES_MAX = 64;

export interface KeyAsked {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly quotas: readonly Quota[];
  readonly createdBy: string;
}

/** What may be shown of a key: everything but what proves it. */
export interface KeyView {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly quotas: readonly string[];
  readonly createdAtMs: number;
  readonly createdBy: string;
}

interface KnownKey {
  readonly record: string;
  readonly key: ApiKey;
  readonly digest: Buffer;
  readonly principal: Principal;
  proven: ProvenHeader | undefined;
}

export class KeyBook {
  readonly #routes: RouteTable;
  readonly #nowMs: () => number;
  readonly #onUnreadable: (id: string) => void;
  readonly #known = new Map<string, KnownKey>();
  #watch: Subscription | undefined;

  constructor(routes: RouteTable, nowMs: () => number, onUnreadable: (id: string) => void = () => undefined) {
    this.#routes = routes;
    this.#nowMs = nowMs;
    this.#onUnreadable = onUnreadable;
  }

  async start(): Promise<void> {
    this.#watch = this.#routes.watch(PREFIX, (key, value) => this.#note(key, value));
    for (const { key, value } of await this.#routes.list(PREFIX)) this.#note(key, value);
  }

  get size(): number {
    return this.#known.size;
  }

  /** Whose key the header proved before; undefined where that is to be found out. */
  recognised(authorization: string): Principal | undefined {
    const id = keyIdIn(authorization);
    const known = id === undefined ? undefined : this.#known.get(id);
    return known?.proven?.is(authorization) === true ? known.principal : undefined;
  }

  /** Who the token belongs to; undefined where there is no such key, or its secret is another one. */
  principalOf({ id, secret }: ApiToken): Principal | undefined {
    const known = this.#known.get(id);
    if (known === undefined || !provesKey(known.key.salt, known.digest, secret)) return undefined;
    known.proven = new ProvenHeader(tokenText({ id, secret }));
    return known.principal;
  }

  /** The token is in this answer and nowhere else. */
  async create({ name, scopes, quotas, createdBy }: KeyAsked): Promise<{ readonly token: string; readonly key: KeyView }> {
    if (!NAME_PATTERN.test(name))
      throw invalid(`key name ${JSON.stringify(name.slice(0, 80))} is not one: use 1 to 63 letters, digits, '.', '_', '-'`);
    if (scopes.length === 0) throw invalid('a key without a scope may do nothing: name one, such as next:acme.*');
    if (scopes.length > SCOPES_MAX || quotas.length > SCOPES_MAX) throw invalid(`a key has at most ${SCOPES_MAX} scopes and quotas`);
    if ([...this.#known.values()].some(({ key }) => key.name === name))
      throw new SequenceError('SEQ_CONFLICT', `there is a key ${name} already: revoke it first, or choose another name`, { name });
    if (this.#known.size >= KEYS_MAX) throw invalid(`there are ${KEYS_MAX} keys: revoke those that nobody uses`);
    const { id, secret, salt, digest } = mintKey();
    const key: ApiKey = { id, name, salt, digest, scopes, quotas, createdAtMs: this.#nowMs(), createdBy };
    const record = keyRecord(key);
    await this.#routes.put(PREFIX + id, record, 0);
    this.#note(PREFIX + id, record);
    return { token: tokenText({ id, secret }), key: viewOf(key) };
  }

  list(): readonly KeyView[] {
    return [...this.#known.values()].map(({ key }) => viewOf(key)).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** By id or name; undefined where there is none. This gateway refuses the key at once, others when their watch tells them. */
  async revoke(idOrName: string): Promise<KeyView | undefined> {
    const found = [...this.#known.values()].find(({ key }) => key.id === idOrName || key.name === idOrName)?.key;
    if (found === undefined) return undefined;
    await this.#routes.delete(PREFIX + found.id);
    this.#note(PREFIX + found.id, undefined);
    return viewOf(found);
  }

  async close(): Promise<void> {
    await this.#watch?.close();
  }

  #note(path: string, value: string | undefined): void {
    const id = path.slice(PREFIX.length);
    const known = this.#known.get(id);
    // What this gateway wrote itself is told by the watch once more.
    if (known !== undefined && known.record === value) return;
    if (known !== undefined) known.principal.isRevoked = true;
    this.#known.delete(id);
    if (value === undefined) return;
    try {
      const key = readKeyRecord(value);
      const { name, scopes, quotas } = key;
      this.#known.set(id, {
        record: value,
        key,
        digest: Buffer.from(key.digest, 'hex'),
        principal: new Principal({ name, keyId: id, scopes, quotas }),
        proven: undefined,
      });
    } catch {
      // Written by a newer version, or damaged: such a key opens nothing.
      this.#onUnreadable(id);
    }
  }
}

function viewOf({ id, name, scopes, quotas, createdAtMs, createdBy }: ApiKey): KeyView {
  return { id, name, scopes: scopes.map(scopeText), quotas: quotas.map(quotaText), createdAtMs, createdBy };
}

function invalid(message: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', message);
}
