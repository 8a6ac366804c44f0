/** The span of a request for values over Kafka: below the producer's, and above the reply's, whose headers name it. */
import { type Span, SpanKind, type Tracer } from '@opentelemetry/api';
import type { RecordHeaders } from '../../../pipelines/ports.ts';
import type { ValueRequest } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { ATTRIBUTES } from './attributes.ts';
import { startSpan } from './tracer.ts';

export function requestSpan(tracer: Tracer, { sequence, count }: ValueRequest, headers: RecordHeaders | undefined): Span {
  const { name } = TOPICS.requests;
  const attributes = {
    ...{ [ATTRIBUTES.messagingSystem]: 'kafka', [ATTRIBUTES.destination]: name },
    ...{ [ATTRIBUTES.sequence]: sequence, [ATTRIBUTES.count]: count },
  };
  return startSpan(tracer, `process ${name}`, { kind: SpanKind.CONSUMER, attributes, after: headers ?? {} });
}
