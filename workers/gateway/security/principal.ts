/** Who asks: what an API key may do, or everything for whoever needs none. What was found out about a sequence's name is remembered. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Quota } from '../../../core/access/quota.ts';
import { allows, mayOperate, type Scope, sees, type Verb } from '../../../core/access/scope.ts';

export interface PrincipalOptions {
  readonly name: string;
  readonly keyId?: string;
  readonly scopes: readonly Scope[];
  readonly quotas: readonly Quota[];
}

export const EVERY_SCOPE: readonly Scope[] = (['next', 'reserve', 'read', 'admin', 'operate'] as const).map((verb) => ({
  verb,
  pattern: '*',
}));
/** Names that a key asks about; beyond it (somebody tries names) the memory begins anew. */
const NAMES_KEPT = 4_096;
const VERBS_OF_SEQUENCES = ['next', 'reserve', 'read', 'admin'] as const;

export class Principal {
  readonly name: string;
  readonly keyId: string | undefined;
  readonly quotas: readonly Quota[];
  readonly mayOperate: boolean;
  /** Nothing is hidden from it and nothing counted: it is served as if there were no keys. */
  readonly isFree: boolean;
  /** Routes as this caller sees them, by route; they live as long as the key does. */
  readonly views = new Map<object, (request: FastifyRequest, reply: FastifyReply) => unknown>();
  /** Set when its key is revoked or changed: what it still listens to falls silent. */
  isRevoked = false;
  readonly #scopes: readonly Scope[];
  readonly #known = new Map<string, ReadonlySet<Verb>>();

  constructor({ name, keyId, scopes, quotas }: PrincipalOptions) {
    this.name = name;
    this.keyId = keyId;
    this.quotas = quotas;
    this.#scopes = scopes;
    this.mayOperate = mayOperate(scopes);
    this.isFree = quotas.length === 0 && EVERY_SCOPE.every(({ verb }) => scopes.some((each) => each.verb === verb && each.pattern === '*'));
  }

  may(verb: Verb, sequence: string): boolean {
    return this.isFree || this.#verbs(sequence).has(verb);
  }

  /** Who operates sees every name, and what runs; to look closer, or take values, it needs the verb. */
  sees(sequence: string): boolean {
    return this.isFree || this.mayOperate || sees(this.#scopes, sequence);
  }

  #verbs(sequence: string): ReadonlySet<Verb> {
    const known = this.#known.get(sequence);
    if (known !== undefined) return known;
    if (this.#known.size >= NAMES_KEPT) this.#known.clear();
    const verbs = new Set(VERBS_OF_SEQUENCES.filter((verb) => allows(this.#scopes, verb, sequence)));
    this.#known.set(sequence, verbs);
    return verbs;
  }
}
