/**
 * A tracer as an SDK would register one, loaded before a worker by `NODE_OPTIONS=--import …`: every span that ends becomes a line of JSON in
 * the file that `SPANS_FILE` names. Contexts follow asynchronous calls, and travel as W3C trace context.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';

const contexts = new AsyncLocalStorage();

context.setGlobalContextManager({
  active: () => contexts.getStore() ?? ROOT_CONTEXT,
  with: (within, run, self, ...args) => contexts.run(within, () => run.apply(self, args)),
  bind: (_, target) => target,
  enable() {
    return this;
  },
  disable() {
    return this;
  },
});

propagation.setGlobalPropagator({
  fields: () => ['traceparent'],
  inject(from, carrier, setter) {
    const span = trace.getSpanContext(from);
    if (span !== undefined) setter.set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-01`);
  },
  extract(into, carrier, getter) {
    const [, traceId, spanId] = String(getter.get(carrier, 'traceparent') ?? '').split('-');
    return spanId === undefined ? into : trace.setSpanContext(into, { traceId, spanId, traceFlags: 1, isRemote: true });
  },
});

trace.setGlobalTracerProvider({
  getTracer: () => ({
    startSpan(name, { attributes = {}, kind = 0 } = {}, parent = context.active()) {
      const above = trace.getSpanContext(parent);
      const traceId = above?.traceId ?? randomBytes(16).toString('hex');
      const spanId = randomBytes(8).toString('hex');
      const told = { name, kind, traceId, spanId, parentId: above?.spanId, pid: process.pid, attributes: { ...attributes } };
      return {
        spanContext: () => ({ traceId, spanId, traceFlags: 1 }),
        setAttribute(key, value) {
          told.attributes[key] = value;
          return this;
        },
        setStatus({ code }) {
          told.status = code;
          return this;
        },
        end: () => appendFileSync(process.env.SPANS_FILE, `${JSON.stringify(told)}\n`),
      };
    },
  }),
});
