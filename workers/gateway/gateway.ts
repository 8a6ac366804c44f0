/**
 * The HTTP gateway: fastify with the route table, problem+json for whatever goes wrong, and nothing that runs on every request
 * without need. No validator compiles schemas at start, no hook and no log line runs per request: bodies are read by the routes.
 */
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { SequenceError } from '../../core/errors.ts';
import { BODY_BYTES_MAX } from '../../core/limits.ts';
import { traceIdsOf } from '../runtime/observability/trace-ids.ts';
import { registeredTracer } from '../runtime/observability/tracer.ts';
import type { SeqcastService } from '../runtime/service/service.ts';
import type { Compat } from './compat/compat.ts';
import type { GatewayContext, Handler, Route } from './context.ts';
import { addDashboard } from './dashboard-page.ts';
import { DOCS_PREFIX, docsPage, type RawHandler } from './docs-page.ts';
import { GatewayCounts } from './gateway-counts.ts';
import { jsonText, problemOf } from './problem.ts';
import { ROUTES } from './route-table.ts';
import { guarded } from './security/guard.ts';
import { headersOfApi, safeHeaders } from './security/response-headers.ts';
import type { GatewaySecurity } from './security/security.ts';
import type { TlsSettings } from './security/tls-files.ts';
import { type Spanned, traced } from './traced.ts';
import { refuseUnreadable } from './unreadable-request.ts';

/** The part of a pino logger that the gateway needs. */
export interface GatewayLogger {
  error(details: object, message: string): void;
}

export interface GatewayOptions {
  readonly service: SeqcastService;
  readonly logger: GatewayLogger;
  /** Left out, everybody may do everything. */
  readonly security?: GatewaySecurity;
  /** Left out, it speaks plain HTTP. */
  readonly tls?: TlsSettings;
  readonly connectionsMax?: number;
  /** Routes of other generators that are answered too. */
  readonly compat?: Compat | undefined;
}

export interface Gateway extends FastifyInstance {
  /** From now on whatever takes something new in is refused with SEQ_NOT_READY, and /readyz says why. */
  drain(): void;
}

/** A client id of 128 characters, percent-encoded, still fits. */
const PARAM_LENGTH_MAX = 512;
/** A request of at most 16 KiB that takes longer to arrive keeps a connection for nothing. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Headers are a few hundred bytes and come at once: who sends them drop by drop holds a connection for nothing. */
const HTTP_LIMITS = { maxHeaderSize: 16 * 1024, headersTimeout: 10_000, connectionsCheckingInterval: 2_000 };

export function createGateway({ service, logger, security, tls, connectionsMax, compat }: GatewayOptions): Gateway {
  const headers = headersOfApi(tls !== undefined);
  const context: GatewayContext = { service, counts: new GatewayCounts(), headers, draining: false, endless: new Set(), security, compat };
  const refuse = refusal(context, logger);
  const app = fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    ...(tls === undefined ? { http: HTTP_LIMITS } : { https: { ...HTTP_LIMITS, ...tls } }),
    // While the server closes, the last requests get the same problem as while it drains.
    return503OnClosing: false,
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    frameworkErrors: (error, request, reply) => refuse(error, request, reply),
    clientErrorHandler: refuseUnreadable,
  });
  app.setErrorHandler((error, request, reply) => refuse(error, request, reply));
  // Of the shape of every request, so that setting it costs nothing.
  app.decorateRequest('span', null);
  app.setNotFoundHandler((request, reply) =>
    refuse(new SequenceError('SEQ_UNKNOWN_ROUTE', `there is no ${request.method} ${pathOf(request)}`), request, reply),
  );
  app.setReplySerializer(jsonText);
  app.addHook('onSend', safeHeaders(headers));
  if (connectionsMax !== undefined) app.server.maxConnections = connectionsMax;

  const tracer = registeredTracer();
  const add = (to: FastifyInstance, route: Route): void => {
    const guardedHandler = security === undefined ? route.handler(context) : guarded(route, context, security);
    const known = route.around?.(guardedHandler, context) ?? guardedHandler;
    // Adoptions ask the database whose counter they draw from.
    const stays = service.staysInProcess?.() === true && route.tag !== 'adoptions';
    const handler = tracer === undefined ? known : traced(route, known, tracer, stays);
    const url = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    to.route({ method: route.method, url, handler: route.intake ? refusedWhileDraining(context, handler) : handler });
  };
  for (const route of ROUTES) add(app, route);
  if (compat !== undefined) addCompat(app, compat, add);
  addPages(app, service, [...ROUTES, ...(compat?.routes ?? [])]);
  const endEndless = (): void => {
    for (const end of context.endless) end();
  };
  const drain = (): void => {
    context.draining = true;
    endEndless();
  };
  app.addHook('preClose', async () => drain());
  app.decorate('drain', drain);
  return app as unknown as Gateway;
}

/** No promise and no hook: one comparison more. */
function refusedWhileDraining(context: GatewayContext, handler: Handler): Handler {
  return (request, reply) => {
    if (!context.draining) return handler(request, reply);
    // The caller's next request should find another instance, not this connection.
    reply.header('connection', 'close');
    throw new SequenceError('SEQ_NOT_READY', 'the process is draining: it takes nothing new in');
  };
}

type Refusal = (error: unknown, request: FastifyRequest, reply: FastifyReply) => void;

function refusal({ counts }: GatewayContext, logger: GatewayLogger): Refusal {
  return (error, request, reply) => {
    const problem = problemOf(error);
    counts.problem(problem.code);
    // What callers did wrong is theirs to read; what went wrong here is for the operator.
    if (problem.status === 500) logger.error({ err: error, ...traceIdsOf((request as Spanned).span) }, 'a request failed');
    reply.code(problem.status).headers(problem.headers).send(problem.body);
  };
}

/** Apart from the other routes: only these read forms, which a page of another site may send without asking. */
function addCompat(app: FastifyInstance, { routes }: Compat, add: (to: FastifyInstance, route: Route) => void): void {
  app.register(async (scope) => {
    scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
      done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    );
    for (const route of routes) add(scope, route);
  });
}

function addPages(app: FastifyInstance, service: SeqcastService, routes: readonly Route[]): void {
  addDashboard(app);

  let docs: Promise<RawHandler> | undefined;
  const showDocs = async (request: FastifyRequest, reply: FastifyReply) => {
    docs ??= docsPage(service.status().version, routes);
    const show = await docs;
    reply.hijack();
    show(request.raw, reply.raw);
  };
  app.get(DOCS_PREFIX, showDocs);
  app.get(`${DOCS_PREFIX}/*`, showDocs);
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}
