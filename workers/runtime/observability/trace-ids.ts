/** How a line of the log names the span that it was written in: as OpenTelemetry's log data model has it in JSON. */
import type { Span } from '@opentelemetry/api';

export function traceIdsOf(span: Span | null | undefined): object {
  if (span === undefined || span === null) return {};
  const { traceId, spanId } = span.spanContext();
  return { trace_id: traceId, span_id: spanId };
}
