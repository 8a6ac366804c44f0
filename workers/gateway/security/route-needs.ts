/**
 * What each route needs of a caller, by rule: a route about a sequence needs a verb on it, a list shows a key what is its own, and whatever
 * nobody thought of here is for operators. A new route is closed until a line opens it.
 */
import type { Verb } from '../../../core/access/scope.ts';
import type { ErrorCode } from '../../../core/errors.ts';
import type { Route } from '../context.ts';

export type Need =
  /** Machines ask it before they have a key; it shows nothing of anybody. */
  | { readonly kind: 'nobody' }
  /** Any key; it sees its own sequences there, and no others. */
  | { readonly kind: 'own' }
  /** A verb on the sequence that the path, or the body, names; `see`: any verb. */
  | { readonly kind: 'sequence'; readonly verb: Verb | 'see'; readonly param: 'name' | 'sequence' | 'body' }
  | { readonly kind: 'operate' };

const NOBODY: ReadonlySet<string> = new Set(['GET /livez', 'GET /readyz']);
const OWN: ReadonlySet<string> = new Set([
  'GET /metrics',
  'GET /v1/sequences',
  'GET /v1/status',
  'GET /v1/streams',
  'GET /v1/events',
  'GET /v1/announcements',
  // Each of these is judged where its sequence is known: by the narrowed service.
  'POST /v1/next',
  'GET /v1/reservations/{id}',
  'POST /v1/reservations/{id}/confirm',
  'POST /v1/reservations/{id}/cancel',
]);
const VERBS: Readonly<Record<string, Verb | 'see'>> = {
  'POST /v1/sequences/{name}/next': 'next',
  'POST /v1/sequences/{name}/returns': 'next',
  'POST /v1/sequences/{name}/reservations': 'reserve',
  'GET /v1/sequences/{name}/reservations/{id}': 'reserve',
  'POST /v1/sequences/{name}/reservations/{id}/confirm': 'reserve',
  'POST /v1/sequences/{name}/reservations/{id}/cancel': 'reserve',
  // What a client must know to take values: increment, format, whether it still exists.
  'GET /v1/sequences/{name}': 'see',
};

export function needOf({ method, path }: Pick<Route, 'method' | 'path'>): Need {
  const route = `${method} ${path}`;
  if (NOBODY.has(route)) return { kind: 'nobody' };
  // Other generators' routes name their sequence in their own way; it is judged where it is known, by the narrowed service.
  if (OWN.has(route) || /^\/(api|tinyid)\//.test(path)) return { kind: 'own' };
  if (route === 'POST /v1/sequences') return { kind: 'sequence', verb: 'admin', param: 'body' };
  const param = path.startsWith('/v1/sequences/{name}') ? 'name' : path.includes('/{sequence}/') ? 'sequence' : undefined;
  if (param === undefined) return { kind: 'operate' };
  return { kind: 'sequence', verb: VERBS[route] ?? (method === 'GET' ? 'read' : 'admin'), param };
}

const TAKING: ReadonlySet<Verb | 'see'> = new Set(['next', 'reserve', 'read', 'see']);

/** Whether the act goes into the audit log: what changes definitions or the installation, not what takes values. */
export function isAdministrative({ method }: Pick<Route, 'method'>, need: Need): boolean {
  if (method === 'GET' || need.kind === 'nobody' || need.kind === 'own') return false;
  return need.kind === 'operate' || !TAKING.has(need.verb);
}

/** What a caller may be refused before the route is reached, for the API page. */
export function refusalsBefore(need: Need): readonly ErrorCode[] {
  if (need.kind === 'nobody') return [];
  const codes: ErrorCode[] = ['SEQ_UNAUTHENTICATED', 'SEQ_FORBIDDEN', 'SEQ_RATE_LIMITED'];
  if (need.kind !== 'sequence') return codes;
  if (need.param !== 'body') codes.push('SEQ_UNKNOWN_SEQUENCE');
  return need.verb === 'next' || need.verb === 'reserve' ? [...codes, 'SEQ_QUOTA_EXCEEDED'] : codes;
}
