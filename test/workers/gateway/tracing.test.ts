/** Spans over HTTP: a tracer in memory, registered as an SDK would, sees each request below the caller's span. */
import { PassThrough } from 'node:stream';
import {
  type Attributes,
  type Context,
  context,
  propagation,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  type TextMapPropagator,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { SequenceError } from '../../../core/errors.ts';
import { NEXT_ROUTE } from '../../../workers/gateway/next-route.ts';
import { traced } from '../../../workers/gateway/traced.ts';
import { registeredTracer } from '../../../workers/runtime/observability/tracer.ts';
import { served } from './served.ts';

const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const TRACEPARENT = `00-${CALLER.traceId}-${CALLER.spanId}-01`;

interface Recorded {
  readonly name: string;
  readonly traceId: string;
  readonly parentId: string | undefined;
  readonly attributes: Attributes;
  status: SpanStatusCode;
  ended: number;
}

/** Keeps every span; ids count up. */
class TracerInMemory implements Tracer {
  readonly spans: Recorded[] = [];

  startSpan(name: string, { attributes = {} }: SpanOptions = {}, parent: Context = context.active()): Span {
    const above = trace.getSpanContext(parent);
    const spanId = (this.spans.length + 1).toString(16).padStart(16, '0');
    const traceId = above?.traceId ?? '1'.repeat(32);
    const recorded: Recorded = { name, traceId, parentId: above?.spanId, attributes: { ...attributes }, status: 0, ended: 0 };
    this.spans.push(recorded);
    const span = {
      spanContext: () => ({ traceId, spanId, traceFlags: 1 }),
      setAttribute(key: string, value: string | number) {
        recorded.attributes[key] = value;
        return span;
      },
      setStatus({ code }: { readonly code: SpanStatusCode }) {
        recorded.status = code;
        return span;
      },
      end: () => void recorded.ended++,
    } as unknown as Span;
    return span;
  }

  startActiveSpan(): never {
    throw new Error('the gateway passes contexts on by itself');
  }
}

/** As much of W3C trace context as a request has. */
const TRACE_CONTEXT: TextMapPropagator = {
  inject: () => undefined,
  fields: () => ['traceparent'],
  extract(into, carrier, getter) {
    const [, traceId = '', spanId = ''] = String(getter.get(carrier, 'traceparent')).split('-');
    return spanId === '' ? into : trace.setSpanContext(into, { traceId, spanId, traceFlags: 1, isRemote: true });
  },
};

/** Hands the active context to what runs within the call, which is all that a handler that answers at once needs. */
class ContextsInOneTurn {
  #active: Context | undefined;

  active(): Context {
    return this.#active ?? ROOT;
  }

  with<T>(within: Context, run: () => T): T {
    const before = this.#active;
    this.#active = within;
    try {
      return run();
    } finally {
      this.#active = before;
    }
  }

  bind<T>(_: Context, target: T): T {
    return target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    return this;
  }
}
const ROOT = context.active();

function registered(): TracerInMemory {
  const tracer = new TracerInMemory();
  trace.setGlobalTracerProvider({ getTracer: () => tracer });
  propagation.setGlobalPropagator(TRACE_CONTEXT);
  context.setGlobalContextManager(new ContextsInOneTurn() as Parameters<typeof context.setGlobalContextManager>[0]);
  return tracer;
}

afterEach(() => {
  trace.disable();
  propagation.disable();
  context.disable();
});

describe('with a tracer', () => {
  test('a request is one span of its caller’s trace, named by its route, and is active while the service works', async () => {
    const tracer = registered();
    const { send, service } = await served('orders');
    const active: (string | undefined)[] = [];
    const next = service.next.bind(service);
    vi.spyOn(service, 'next').mockImplementation((request) => {
      active.push(trace.getActiveSpan()?.spanContext().traceId);
      return next(request);
    });
    await send('POST', '/v1/sequences/orders/next?x=1', { count: 2 }, { traceparent: TRACEPARENT });
    expect(tracer.spans).toEqual([
      {
        name: 'POST /v1/sequences/{name}/next',
        traceId: CALLER.traceId,
        parentId: CALLER.spanId,
        attributes: {
          'http.request.method': 'POST',
          'http.route': '/v1/sequences/{name}/next',
          'url.path': '/v1/sequences/orders/next',
          'http.response.status_code': 200,
          'seqcast.sequence': 'orders',
        },
        status: SpanStatusCode.UNSET,
        ended: 1,
      },
    ]);
    expect(active).toEqual([CALLER.traceId]);
  });

  test('a request without a traceparent begins a trace, and what its caller did wrong is no failure', async () => {
    const tracer = registered();
    const { send } = await served();
    const { statusCode } = await send('POST', '/v1/sequences/nobody/next', { count: 1 }, {});
    const [span] = tracer.spans;
    expect(statusCode).toBe(404);
    expect(span).toMatchObject({ parentId: undefined, status: SpanStatusCode.UNSET, ended: 1 });
    expect(span?.attributes['http.response.status_code']).toBe(404);
  });

  test('a request that fails here is a failed span', async () => {
    const tracer = registered();
    const { send, service } = await served('orders');
    vi.spyOn(service, 'next').mockImplementation(() => {
      throw new SequenceError('SEQ_INTERNAL', 'broken');
    });
    await send('POST', '/v1/sequences/orders/next', { count: 1 }, { traceparent: TRACEPARENT });
    expect(tracer.spans[0]).toMatchObject({ status: SpanStatusCode.ERROR, ended: 1 });
  });

  test('within a span that the HTTP server has opened already, a request is below that one', () => {
    const tracer = registered();
    const outer = tracer.startSpan('HTTP');
    const handler = traced(NEXT_ROUTE, () => undefined, tracer);
    const request = { url: '/v1/sequences/orders/next', headers: { traceparent: TRACEPARENT }, params: { name: 'orders' } };
    context.with(trace.setSpan(ROOT, outer), () => handler(request as unknown as FastifyRequest, { raw: new PassThrough() } as never));
    expect(tracer.spans[1]?.parentId).toBe(outer.spanContext().spanId);
  });
});

describe('without a tracer', () => {
  test('nothing of a request is touched: the routes have their plain handlers', async () => {
    expect(registeredTracer()).toBeUndefined();
    const extract = vi.spyOn(propagation, 'extract');
    const { send } = await served('orders');
    const { statusCode } = await send('POST', '/v1/sequences/orders/next', { count: 1 }, { traceparent: TRACEPARENT });
    expect(statusCode).toBe(200);
    expect(extract).not.toHaveBeenCalled();
  });
});
