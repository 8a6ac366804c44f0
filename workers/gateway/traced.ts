/**
 * A span for each request that a route answers, below the caller's own (`traceparent`). Whether there is a tracer is asked once, when the
 * gateway is made: without one the handler stays what it is, and a request pays nothing.
 */
import { type Context, context, defaultTextMapGetter, propagation, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import { ATTRIBUTES } from '../runtime/observability/attributes.ts';
import type { Handler, Route } from './context.ts';

/** The handler within a span, which ends when the answer is out or the caller has hung up. */
export function traced({ method, path }: Route, handler: Handler, tracer: Tracer): Handler {
  const name = `${method} ${path}`;
  const hasSequence = path.startsWith('/v1/sequences/{name}');
  return (request, reply) => {
    const parent = parentOf(request);
    const attributes = { [ATTRIBUTES.method]: method, [ATTRIBUTES.route]: path, [ATTRIBUTES.path]: request.url.split('?', 1)[0] ?? '' };
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    if (hasSequence) span.setAttribute(ATTRIBUTES.sequence, (request.params as { readonly name: string }).name);
    let isOver = false;
    const over = (isOut: boolean): void => {
      if (isOver) return;
      isOver = true;
      const { statusCode } = reply.raw;
      if (isOut) span.setAttribute(ATTRIBUTES.status, statusCode);
      else span.setAttribute(ATTRIBUTES.errorType, 'aborted');
      // What callers did wrong is no failure of the server.
      if (isOut && statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    };
    // The answer is out, or the caller hung up. `finished` from node:stream would hang half a dozen listeners on every request.
    reply.raw.once('finish', () => over(true));
    reply.raw.once('close', () => over(false));
    return context.with(trace.setSpan(parent, span), () => handler(request, reply));
  };
}

/** Where an instrumentation of Node's HTTP server has opened a span already, that one. */
function parentOf(request: FastifyRequest): Context {
  const active = context.active();
  return trace.getSpan(active) === undefined ? propagation.extract(active, request.headers, defaultTextMapGetter) : active;
}
