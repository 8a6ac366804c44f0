/**
 * What stands between a route and its handler: who asks, may they, and a line in the audit log for what is administrative. Written without
 * a promise, so that a call that is answered at once stays one.
 */
import type { FastifyRequest } from 'fastify';
import { SequenceError } from '../../../core/errors.ts';
import { type GatewayContext, type Handler, param, type Route } from '../context.ts';
import type { AuditEntry } from './audit-file.ts';
import { mustAllow, narrowedService } from './narrowed-service.ts';
import { Principal } from './principal.ts';
import { isAdministrative, type Need, needOf } from './route-needs.ts';
import type { GatewaySecurity } from './security.ts';

const NOBODY = 'nobody';

export function guarded(route: Route, context: GatewayContext, security: GatewaySecurity): Handler {
  const need = needOf(route);
  const plain = route.handler(context);
  if (need.kind === 'nobody') return security.door === 'keys' ? handlerFor(stranger(), route, context, security) : plain;
  const isNoted = isAdministrative(route, need);
  const checked: Handler = (request, reply) => {
    const principal = admitted(request, security);
    // Not on the way to values: a weak map of every request is work for the garbage collector.
    if (isNoted) callers.set(request, principal);
    if (principal.isFree) return plain(request, reply);
    mustMeet(need, principal, request);
    return handlerFor(principal, route, context, security)(request, reply);
  };
  return isNoted ? audited(route, checked, security) : checked;
}

/** Sees nothing that belongs to anybody: what health checks are answered with where keys are needed. */
function stranger(): Principal {
  return new Principal({ name: NOBODY, scopes: [], quotas: [] });
}

function admitted(request: FastifyRequest, { doorkeeper, rate }: GatewaySecurity): Principal {
  if (rate === undefined) return doorkeeper.identify(request);
  let principal: Principal | undefined;
  try {
    principal = doorkeeper.identify(request);
    return principal;
  } finally {
    // Who is refused is counted by address: an id that nobody proved must not give anybody a bucket of their own.
    const waitS = rate.take(principal?.keyId ?? addressOf(request));
    if (waitS !== undefined) refuseRate(waitS);
  }
}

function refuseRate(waitS: number): never {
  const retryAfterSeconds = Math.ceil(waitS);
  throw new SequenceError('SEQ_RATE_LIMITED', 'too many requests a second', { retryAfterSeconds });
}

function addressOf(request: FastifyRequest): string {
  return request.raw.socket.remoteAddress ?? '';
}

/** Who is known to have sent an administrative request; for handlers that say so. */
const callers = new WeakMap<FastifyRequest, Principal>();
export function callerOf(request: FastifyRequest): string {
  return callers.get(request)?.name ?? NOBODY;
}

function mustMeet(need: Need, principal: Principal, request: FastifyRequest): void {
  if (need.kind === 'operate' && !principal.mayOperate)
    throw new SequenceError('SEQ_FORBIDDEN', `the key ${principal.name} lacks the scope operate:*`, { scope: 'operate:*' });
  if (need.kind !== 'sequence') return;
  if (need.param !== 'body') {
    mustAllow(principal, need.verb, param(request, need.param));
    return;
  }
  const name = (request.body as { name?: unknown } | null | undefined)?.name;
  // What is no name is refused by the handler, in its own words. A name that is taken by another tenant is refused like a free one.
  if (typeof name !== 'string' || (need.verb !== 'see' && principal.may(need.verb, name))) return;
  throw new SequenceError('SEQ_FORBIDDEN', `the key ${principal.name} lacks the scope ${need.verb}:${name.slice(0, 80)}`);
}

function handlerFor(principal: Principal, route: Route, context: GatewayContext, { quotas }: GatewaySecurity): Handler {
  const known = principal.views.get(route);
  if (known !== undefined) return known;
  // Beside the service everything is the gateway's own, also what changes later: that it drains.
  const service = { value: narrowedService(context.service, principal, quotas) };
  // The gateway's own counts are of everybody's calls.
  const counts = route.path === '/metrics' && !principal.mayOperate ? { counts: { value: { text: () => '' } } } : {};
  const handler = route.handler(Object.create(context, { service, ...counts }) as GatewayContext);
  principal.views.set(route, handler);
  return handler;
}

function audited(route: Route, handler: Handler, { audit, nowMs }: GatewaySecurity): Handler {
  const note = (request: FastifyRequest, outcome: string): Promise<void> => {
    const { name, keyId } = callers.get(request) ?? { name: NOBODY, keyId: undefined };
    const entry: AuditEntry = {
      at: new Date(nowMs()).toISOString(),
      who: name,
      ...(keyId !== undefined && { keyId }),
      from: addressOf(request),
      act: `${route.method} ${route.path}`,
      on: subjectOf(request),
      outcome,
    };
    return audit.note(entry);
  };
  return async (request, reply) => {
    let answer: unknown;
    try {
      answer = await handler(request, reply);
    } catch (error) {
      await note(request, error instanceof SequenceError ? error.code : 'SEQ_INTERNAL');
      throw error;
    }
    await note(request, 'done');
    return answer;
  };
}

const SUBJECT_LENGTH_MAX = 128;

/** Parameters of the path, and the `name` of what is made: never another field of a body. */
function subjectOf(request: FastifyRequest): Record<string, string> {
  const named = (request.body as { name?: unknown } | null | undefined)?.name;
  const given = { ...(request.params as Readonly<Record<string, string>>), ...(typeof named === 'string' && { name: named }) };
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, value.slice(0, SUBJECT_LENGTH_MAX)]));
}
