/**
 * Spans over what leaves this process: whose they are travels in the headers of a record, as `traceparent`. Only the API of OpenTelemetry
 * is here; where nobody registered a tracer before the workers started there is none, and nothing is done for it.
 */
import {
  type Attributes,
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ProxyTracerProvider,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { SequenceError } from '../../../core/errors.ts';
import { VERSION } from '../../../core/version.ts';
import type { RecordHeaders } from '../../../pipelines/ports.ts';
import { activeContext } from './span-in-hand.ts';

const TRACER_NAME = 'seqcast';
/** From here on it is the server that failed, not its caller. */
const SERVER_FAILURES = 500;

/** Undefined where nobody registered one before now: the API then hands out tracers that do nothing, which still cost something. */
export function registeredTracer(): Tracer | undefined {
  const provider = trace.getTracerProvider();
  return provider instanceof ProxyTracerProvider
    ? provider.getDelegateTracer(TRACER_NAME, VERSION)
    : provider.getTracer(TRACER_NAME, VERSION);
}

export interface SpanFacts {
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  /** Headers of the record that led to it; the context of the caller where left out. */
  readonly after?: RecordHeaders | undefined;
  /** Where it is not now, milliseconds since the epoch. */
  readonly startTime?: number;
}

/** Whoever starts it ends it. */
export function startSpan(tracer: Tracer, name: string, { kind, attributes, after, startTime }: SpanFacts): Span {
  const options = { kind, attributes, ...(startTime !== undefined && { startTime }) };
  return tracer.startSpan(name, options, after === undefined ? activeContext() : contextOf(after));
}

/** Ends the span with the work, and says whether that failed; passes its outcome on. */
export async function until<T>(span: Span, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    noteFailure(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** What callers did wrong is told by its code, and is no failure of the server. */
export function noteFailure(span: Span, error: unknown): void {
  const code = error instanceof SequenceError ? error.code : 'SEQ_INTERNAL';
  span.setAttribute('error.type', code);
  if (!(error instanceof SequenceError) || error.httpStatus >= SERVER_FAILURES) span.setStatus({ code: SpanStatusCode.ERROR });
}

/** For a record that the span leads to, beside the headers that it has. */
export function headersOf(span: Span, others: RecordHeaders = {}): RecordHeaders {
  const headers: Record<string, string> = { ...others };
  propagation.inject(trace.setSpan(ROOT_CONTEXT, span), headers, defaultTextMapSetter);
  return headers;
}

export function isTraced(headers: RecordHeaders | undefined): headers is RecordHeaders {
  return headers?.traceparent !== undefined;
}

function contextOf(headers: RecordHeaders): Context {
  return propagation.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
}
