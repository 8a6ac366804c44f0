/**
 * What an API key may do: verbs on sequences. A pattern is a sequence's name, a namespace (`acme.*`: every name that begins with `acme.`),
 * or `*`. There are no other wildcards, so that whoever reads a scope knows what it covers.
 */
import { SequenceError } from '../errors.ts';
import { NAME_PATTERN } from '../limits.ts';

/**
 * `next` takes values and gives blocks back, `reserve` holds numbers without a gap, `read` looks, `admin` creates, changes and drops
 * (and looks), `operate` runs the installation: pools, jobs, models, keys. The last one is of no sequence, so its pattern is `*`.
 */
const VERBS = ['next', 'reserve', 'read', 'admin', 'operate'] as const;
export type Verb = (typeof VERBS)[number];

export interface Scope {
  readonly verb: Verb;
  readonly pattern: string;
}

const EVERYTHING = '*';
const NAMESPACE_END = '.*';

/** `next:acme.*` as people write it; throws `SEQ_INVALID_REQUEST`. */
export function parseScope(text: string): Scope {
  const colon = text.indexOf(':');
  const verb = VERBS.find((each) => each === text.slice(0, Math.max(colon, 0)));
  const pattern = text.slice(colon + 1);
  if (verb === undefined) throw invalid(`scope ${JSON.stringify(text)} is not one: write a verb (${VERBS.join(', ')}), ':' and a pattern`);
  checkPattern(pattern);
  if (verb === 'operate' && pattern !== EVERYTHING)
    throw invalid(`scope ${JSON.stringify(text)} is not one: operate is about the installation, write operate:*`);
  return { verb, pattern };
}

export function scopeText({ verb, pattern }: Scope): string {
  return `${verb}:${pattern}`;
}

/** Throws `SEQ_INVALID_REQUEST` for what is neither a name, nor a namespace, nor everything. */
export function checkPattern(pattern: string): void {
  const name = pattern.endsWith(NAMESPACE_END) ? pattern.slice(0, -NAMESPACE_END.length) : pattern;
  if (pattern === EVERYTHING || NAME_PATTERN.test(name)) return;
  throw invalid(`pattern ${JSON.stringify(pattern)} is not one: write a sequence's name, a namespace such as acme.*, or *`);
}

export function covers(pattern: string, sequence: string): boolean {
  if (pattern === EVERYTHING) return true;
  // The dot belongs to the namespace: `acme.*` is not about `acmecorp.orders`.
  if (pattern.endsWith(NAMESPACE_END)) return sequence.startsWith(pattern.slice(0, -1));
  return pattern === sequence;
}

export function allows(scopes: readonly Scope[], verb: Verb, sequence: string): boolean {
  return scopes.some((scope) => (scope.verb === verb || (verb === 'read' && scope.verb === 'admin')) && covers(scope.pattern, sequence));
}

/** Whether the key may know that there is such a sequence: any verb on it says so. `operate` is of no sequence. */
export function sees(scopes: readonly Scope[], sequence: string): boolean {
  return scopes.some(({ verb, pattern }) => verb !== 'operate' && covers(pattern, sequence));
}

export function mayOperate(scopes: readonly Scope[]): boolean {
  return scopes.some(({ verb }) => verb === 'operate');
}

function invalid(message: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', message);
}
