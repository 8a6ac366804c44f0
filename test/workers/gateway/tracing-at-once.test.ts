/** A request that is answered in the turn that it came in: its span is whole, and known to whatever runs below it, without its context. */
import { type Attributes, type Context, context, ROOT_CONTEXT, type Span, type SpanOptions, type Tracer, trace } from '@opentelemetry/api';
import type { LightMyRequestResponse } from 'fastify';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SequenceError } from '../../../core/errors.ts';
import { createGateway } from '../../../workers/gateway/gateway.ts';
import { NEXT } from '../../../workers/runtime/observability/channels.ts';
import { activeContext, activeSpan, entered } from '../../../workers/runtime/observability/span-in-hand.ts';
import { FakeService } from './fake-service.ts';

const SPAN = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };

interface Told {
  readonly attributes: Attributes;
  status: number;
  ended: number;
}

let spans: Told[];
let logged: object[];
let service: FakeService;
/** Stands for a context manager's: what it costs is what is spared. */
const withContext = vi.fn((_: Context, run: () => unknown) => run());

function startSpan(_: string, { attributes = {} }: SpanOptions): Span {
  const told: Told = { attributes: { ...attributes }, status: 0, ended: 0 };
  spans.push(told);
  return {
    spanContext: () => SPAN,
    setAttribute(key: string, value: string) {
      told.attributes[key] = value;
    },
    setStatus({ code }: { readonly code: number }) {
      told.status = code;
    },
    end: () => void told.ended++,
  } as unknown as Span;
}

async function next(count = 2): Promise<LightMyRequestResponse> {
  const gateway = createGateway({ service, logger: { error: (details) => void logged.push(details) } });
  return await gateway.inject({ method: 'POST', url: '/v1/sequences/orders/next', payload: { count } });
}

beforeEach(async () => {
  spans = [];
  logged = [];
  service = Object.assign(new FakeService(), { staysInProcess: () => true });
  await service.create('orders', {});
  withContext.mockClear();
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) as unknown as Tracer });
  const manager = { active: () => ROOT_CONTEXT, with: withContext, enable: () => manager, disable: () => manager };
  context.setGlobalContextManager(manager as never);
});

afterEach(() => {
  trace.disable();
  context.disable();
});

describe('a call that is answered at once', () => {
  test('enters no context, and has a whole span', async () => {
    expect((await next()).json()).toMatchObject({ values: ['1', '2'] });
    const attributes = { 'http.response.status_code': 200, 'http.request.method': 'POST', 'seqcast.sequence': 'orders' };
    expect(spans).toEqual([{ attributes: expect.objectContaining(attributes), status: 0, ended: 1 }]);
    expect(withContext).not.toHaveBeenCalled();
  });

  test('is the active span of what is called in its turn, and of nothing after it', async () => {
    const seen: unknown[] = [];
    const take = service.next.bind(service);
    vi.spyOn(service, 'next').mockImplementation((request) => {
      seen.push(activeSpan()?.spanContext(), trace.getSpanContext(activeContext()));
      entered(() => seen.push('entered'));
      return take(request);
    });
    await next();
    expect(seen).toEqual([SPAN, SPAN, 'entered']);
    expect(trace.getSpanContext(withContext.mock.calls[0]?.[0] ?? ROOT_CONTEXT)).toEqual(SPAN);
    expect(activeSpan()).toBeUndefined();
  });

  test('is entered where somebody hears of every answer', async () => {
    const subscriber = (): void => undefined;
    NEXT.subscribe(subscriber);
    await next().finally(() => NEXT.unsubscribe(subscriber));
    expect(withContext).toHaveBeenCalledTimes(1);
    expect(spans).toMatchObject([{ ended: 1 }]);
  });

  test('that had to wait after all has a span until its answer is out', async () => {
    service.waiting = true;
    const answer = next();
    await vi.waitFor(() => expect(spans).toHaveLength(1));
    expect(spans).toMatchObject([{ ended: 0 }]);
    service.release();
    expect((await answer).statusCode).toBe(200);
    expect(spans).toMatchObject([{ ended: 1, attributes: { 'http.response.status_code': 200 } }]);
  });

  test.each([
    ['a refusal is no failure', new SequenceError('SEQ_EXHAUSTED', 'used up'), 410, 0, []],
    ['a failure is one, and the line of the log names it', new Error('broken'), 500, 2, [{ trace_id: SPAN.traceId, span_id: SPAN.spanId }]],
  ])('%s', async (_, fault, code, status, lines) => {
    service.fault = fault;
    expect((await next()).statusCode).toBe(code);
    expect(spans).toMatchObject([{ ended: 1, status, attributes: { 'http.response.status_code': code } }]);
    expect(logged).toMatchObject(lines);
  });
});
