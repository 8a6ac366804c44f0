/**
 * The span of a request that stays in this process. To enter a context costs every later request more than its answer does: from the first
 * time on, Node 20 tells a hook of each promise, write and timer of the process. So the span is held in a variable for the turn that the
 * request came in: log lines and spans below find it here, and what does leave the process, or is not ours, enters the context then.
 */
import { type Context, context, type Span, trace } from '@opentelemetry/api';

interface SpanInHand {
  readonly parent: Context;
  readonly span: Span;
}

let inHand: SpanInHand | undefined;

/** Runs the handler, up to its first wait, with the span in hand. */
export function holding<A, B, T>(held: SpanInHand, handler: (a: A, b: B) => T, a: A, b: B): T {
  const before = inHand;
  inHand = held;
  try {
    return handler(a, b);
  } finally {
    inHand = before;
  }
}

export function activeSpan(): Span | undefined {
  return inHand === undefined ? trace.getActiveSpan() : inHand.span;
}

export function activeContext(): Context {
  return inHand === undefined ? context.active() : trace.setSpan(inHand.parent, inHand.span);
}

/** For what is not ours: it leaves the process and may be instrumented, or it listens to a channel. */
export function entered<T>(run: () => T): T {
  return inHand === undefined ? run() : context.with(activeContext(), run);
}
