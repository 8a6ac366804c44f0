/** What machines ask: alive, ready, metrics. `/livez` looks at nothing: a process that answers is alive, and a restart mends no more. */
import type { GatewayContext, Handler, Route } from './context.ts';
import { RETRY_AFTER_SECONDS } from './problem.ts';
import { READINESS_SCHEMA } from './wire-schemas.ts';

const TAG = 'health';
/** What Prometheus' text format calls itself. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export const HEALTH_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/livez',
    tag: TAG,
    summary: 'Whether the process lives',
    answer: { status: 200, description: 'It lives.', schema: { type: 'object', properties: { live: { const: true } } } },
    errors: [],
    intake: false,
    handler: () => () => ({ live: true }),
  },
  {
    method: 'GET',
    path: '/readyz',
    tag: TAG,
    summary: 'Whether requests should be sent here, and if not, why (503)',
    answer: { status: 200, description: 'Ready. The same shape with 503 and the reasons where not.', schema: READINESS_SCHEMA },
    errors: [],
    intake: false,
    handler: readyHandler,
  },
  {
    method: 'GET',
    path: '/metrics',
    tag: TAG,
    summary: "Metrics in Prometheus' text format",
    answer: { status: 200, description: 'The metrics.', contentType: METRICS_TYPE },
    errors: [],
    intake: false,
    handler: metricsHandler,
  },
];

function readyHandler(context: GatewayContext): Handler {
  return (_request, reply) => {
    const reasons = [...(context.draining ? ['draining'] : []), ...context.service.notReady()];
    if (reasons.length > 0) reply.code(503).header('retry-after', String(RETRY_AFTER_SECONDS));
    const notices = context.service.notices();
    return { ready: reasons.length === 0, reasons, ...(notices.length > 0 && { notices }) };
  };
}

function metricsHandler({ service, counts }: GatewayContext): Handler {
  return async (_request, reply) => {
    const text = await service.metrics();
    reply.header('content-type', METRICS_TYPE);
    return `${text.trimEnd()}\n${counts.text()}`;
  };
}
