/**
 * A span for each request that a route answers, below the caller's own (`traceparent`). Whether there is a tracer is asked once, when the
 * gateway is made: without one the handler stays what it is, and a request pays nothing.
 */
import type { ServerResponse } from 'node:http';
import {
  type Context,
  context,
  defaultTextMapGetter,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import { ATTRIBUTES, requestAttributes } from '../runtime/observability/attributes.ts';
import { NEXT } from '../runtime/observability/channels.ts';
import { holding } from '../runtime/observability/span-in-hand.ts';
import { isLeaving } from './answers-together.ts';
import { type Handler, param, type Route } from './context.ts';

/** A request keeps its span: a failure is told to the log when its context is over. */
export interface Spanned {
  span?: Span | null;
}

/** From here on it is the server that failed, not its caller. */
const SERVER_FAILURES = 500;

/**
 * The handler within a span, which ends when the answer is out or the caller has hung up. `stays`: what it does stays in this process, where
 * the span is passed on by hand and no context need be entered.
 */
export function traced({ method, path }: Route, handler: Handler, tracer: Tracer, stays = false): Handler {
  const name = `${method} ${path}`;
  const hasSequence = path.startsWith('/v1/sequences/{name}');
  const started = (request: FastifyRequest, parent: Context): Span => {
    const attributes = requestAttributes(method, path, pathOf(request.url), hasSequence ? param(request, 'name') : undefined);
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    (request as Spanned).span = span;
    return span;
  };
  return (request, reply) => {
    const parent = parentOf(request);
    const span = started(request, parent);
    // Whoever hears of every answer may ask for its span.
    if (!stays || NEXT.hasSubscribers) {
      endWhenOver(span, reply.raw);
      return context.with(trace.setSpan(parent, span), () => handler(request, reply));
    }
    let isOut = false;
    try {
      const answer = holding({ parent, span }, handler, request, reply);
      isOut = reply.raw.writableEnded || isLeaving(reply.raw);
      return answer;
    } finally {
      // Nobody hangs up within a turn.
      if (isOut) end(span, reply.raw, true);
      else endWhenOver(span, reply.raw);
    }
  };
}

/** `finished` from node:stream would hang half a dozen listeners on every request. */
function endWhenOver(span: Span, answer: ServerResponse): void {
  let isOver = false;
  const over = (isOut: boolean): void => {
    if (isOver) return;
    isOver = true;
    end(span, answer, isOut);
  };
  answer.once('finish', () => over(true));
  answer.once('close', () => over(false));
}

function end(span: Span, { statusCode }: ServerResponse, isOut: boolean): void {
  if (isOut) span.setAttribute(ATTRIBUTES.status, statusCode);
  else span.setAttribute(ATTRIBUTES.errorType, 'aborted');
  // What callers did wrong is no failure of the server.
  if (isOut && statusCode >= SERVER_FAILURES) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** Where an instrumentation of Node's HTTP server has opened a span already, that one. */
function parentOf(request: FastifyRequest): Context {
  const active = context.active();
  return trace.getSpan(active) === undefined ? propagation.extract(active, request.raw.headers, defaultTextMapGetter) : active;
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}
