/**
 * A tracer as an SDK that samples all would register one: it makes every span that it is asked for and hands it over when it ends. Contexts
 * follow asynchronous calls, and travel as W3C trace context.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  type ContextManager,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
  type Tracer,
  trace,
} from '@opentelemetry/api';

export interface RecordedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly attributes: Attributes;
  status?: number;
}

/** To be called before whatever is traced is made: it asks once whether there is a tracer. */
export function registerTracer(onEnd: (span: RecordedSpan) => void): void {
  const contexts = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => contexts.getStore() ?? ROOT_CONTEXT,
    with: (within, run, self, ...args) => contexts.run(within, () => run.apply(self as ThisParameterType<typeof run>, args)),
    bind: (_, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  context.setGlobalContextManager(manager);
  propagation.setGlobalPropagator({
    fields: () => ['traceparent'],
    inject(from, carrier, setter) {
      const span = trace.getSpanContext(from);
      if (span !== undefined) setter.set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-01`);
    },
    extract(into, carrier, getter) {
      const [, traceId, spanId] = String(getter.get(carrier, 'traceparent') ?? '').split('-');
      if (traceId === undefined || spanId === undefined) return into;
      return trace.setSpanContext(into, { traceId, spanId, traceFlags: 1, isRemote: true });
    },
  });
  const tracer = { startSpan: (name: string, options?: SpanOptions, parent?: Context) => startSpan(name, options, parent, onEnd) };
  trace.setGlobalTracerProvider({ getTracer: () => tracer as Tracer });
}

function startSpan(
  name: string,
  { attributes = {} }: SpanOptions = {},
  parent: Context = context.active(),
  onEnd: (span: RecordedSpan) => void,
): Span {
  const above = trace.getSpanContext(parent);
  const traceId = above?.traceId ?? randomId() + randomId();
  const spanId = randomId();
  const recorded: RecordedSpan = { name, traceId, spanId, parentId: above?.spanId, attributes: { ...attributes } };
  const span = {
    spanContext: () => ({ traceId, spanId, traceFlags: 1 }),
    setAttribute(key: string, value: string | number | boolean) {
      recorded.attributes[key] = value;
      return span;
    },
    setStatus({ code }: { readonly code: number }) {
      recorded.status = code;
      return span;
    },
    end: () => onEnd(recorded),
  };
  return span as unknown as Span;
}

/** As the SDK of OpenTelemetry makes its ids. */
function randomId(): string {
  const half = (): string => ((Math.random() * 2 ** 32) >>> 0).toString(16).padStart(8, '0');
  return half() + half();
}
