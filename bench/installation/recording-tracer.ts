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
  type SpanContext,
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
  readonly startMs: number;
  endMs: number;
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
      const [, traceId, spanId] = TRACEPARENT.exec(String(getter.get(carrier, 'traceparent') ?? '')) ?? [];
      if (traceId === undefined || spanId === undefined) return into;
      return trace.setSpanContext(into, { traceId, spanId, traceFlags: 1, isRemote: true });
    },
  });
  const tracer = {
    startSpan: (name: string, options: SpanOptions = {}, parent: Context = context.active()) =>
      new RecordingSpan(name, options, trace.getSpanContext(parent), onEnd) as unknown as Span,
  };
  trace.setGlobalTracerProvider({ getTracer: () => tracer as Tracer });
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

/** As much of a span as is asked for here. */
class RecordingSpan {
  readonly #recorded: RecordedSpan;
  readonly #onEnd: (span: RecordedSpan) => void;

  constructor(name: string, { attributes, startTime }: SpanOptions, above: SpanContext | undefined, onEnd: (span: RecordedSpan) => void) {
    this.#onEnd = onEnd;
    this.#recorded = {
      name,
      traceId: above?.traceId ?? randomId(TRACE_ID_BYTES),
      spanId: randomId(SPAN_ID_BYTES),
      parentId: above?.spanId,
      attributes: { ...attributes },
      startMs: typeof startTime === 'number' ? startTime : nowMs(),
      endMs: 0,
    };
  }

  spanContext(): SpanContext {
    const { traceId, spanId } = this.#recorded;
    return { traceId, spanId, traceFlags: 1 };
  }

  setAttribute(key: string, value: string | number | boolean): this {
    this.#recorded.attributes[key] = value;
    return this;
  }

  setStatus({ code }: { readonly code: number }): this {
    this.#recorded.status = code;
    return this;
  }

  end(): void {
    this.#recorded.endMs = nowMs();
    this.#onEnd(this.#recorded);
  }
}

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function randomId(bytes: number): string {
  let id = '';
  for (let at = 0; at < bytes; at += 4) {
    const word = (Math.random() * 2 ** 32) >>> 0;
    id += `${HEX[word >>> 24]}${HEX[(word >>> 16) & 0xff]}${HEX[(word >>> 8) & 0xff]}${HEX[word & 0xff]}`;
  }
  return id;
}
