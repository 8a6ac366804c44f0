/**
 * A tracer for benches, loaded before a server by `--import`: it makes every span that it is asked for, as an SDK that samples all would,
 * keeps the newest thousand, and sends nothing anywhere.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, type ContextManager, context, propagation, ROOT_CONTEXT, type Span, type Tracer, trace } from '@opentelemetry/api';

const KEPT = 1_000;

const contexts = new AsyncLocalStorage<Context>();
const manager: ContextManager = {
  active: () => contexts.getStore() ?? ROOT_CONTEXT,
  with: (within, run, self, ...args) => contexts.run(within, () => run.apply(self as ThisParameterType<typeof run>, args)),
  bind: (_, target) => target,
  enable: () => manager,
  disable: () => manager,
};
const ended: object[] = [];
let next = 0;

/** As the SDK of OpenTelemetry makes its ids. */
function randomId(): string {
  const half = (): string => ((Math.random() * 2 ** 32) >>> 0).toString(16).padStart(8, '0');
  return half() + half();
}

const tracer = {
  startSpan(name: string, { attributes = {} } = {}, parent: Context = context.active()): Span {
    const above = trace.getSpanContext(parent);
    const traceId = above?.traceId ?? randomId() + randomId();
    const spanId = randomId();
    const told = {
      name,
      traceId,
      parentId: above?.spanId,
      startedAt: performance.now(),
      attributes: { ...attributes } as Record<string, unknown>,
    };
    const span = {
      spanContext: () => ({ traceId, spanId, traceFlags: 1 }),
      setAttribute(key: string, value: unknown) {
        told.attributes[key] = value;
        return span;
      },
      setStatus: () => span,
      end() {
        ended[next++ % KEPT] = told;
      },
    };
    return span as unknown as Span;
  },
};

context.setGlobalContextManager(manager);
propagation.setGlobalPropagator({
  fields: () => ['traceparent'],
  inject: () => undefined,
  extract(into, carrier, getter) {
    const [, traceId, spanId] = String(getter.get(carrier, 'traceparent') ?? '').split('-');
    return traceId === undefined || spanId === undefined
      ? into
      : trace.setSpanContext(into, { traceId, spanId, traceFlags: 1, isRemote: true });
  },
});
trace.setGlobalTracerProvider({ getTracer: () => tracer as unknown as Tracer });
