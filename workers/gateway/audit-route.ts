/**
 * The audit: one answer at its end, or, for whoever accepts lines of JSON, how far it is and then the answer. A ledger of many millions of
 * records takes minutes to fold, and a silent connection of minutes is cut by whatever lies between.
 */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SeqcastService } from '../runtime/service/service.ts';
import { AUDIT_SCHEMA } from './answer-schemas.ts';
import type { GatewayContext, Handler, Route } from './context.ts';
import { jsonText, problemOf } from './problem.ts';

const LINES_TYPE = 'application/x-ndjson';
/** For people who watch. */
const PROGRESS_MS = 250;

/** POST too: some clients will not wait that long for a GET. */
export const AUDIT_ROUTES: readonly Route[] = (['GET', 'POST'] as const).map((method) => ({
  method,
  path: '/v1/audit',
  tag: 'insight',
  summary: `Folds the whole ledger again: duplicates, and where every claimed value is. With \`Accept: ${LINES_TYPE}\` lines of \`progress\` come first`,
  answer: { status: 200, description: 'The report; `ok` says whether all is well.', schema: AUDIT_SCHEMA },
  errors: [],
  intake: false,
  handler: auditHandler,
}));

function auditHandler({ service }: GatewayContext): Handler {
  return (request: FastifyRequest, reply: FastifyReply) => {
    if (request.headers.accept?.includes(LINES_TYPE) !== true) return service.audit();
    reply.hijack();
    return inLines(service, reply);
  };
}

/** The last line is the report, or the problem that there is none. */
async function inLines(service: SeqcastService, { raw }: FastifyReply): Promise<void> {
  raw.writeHead(200, { 'content-type': LINES_TYPE, 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  let share = 0;
  const line = (of: unknown): void => {
    raw.write(`${jsonText(of)}\n`);
  };
  const timer = setInterval(() => line({ progress: share }), PROGRESS_MS);
  try {
    const report = await service.audit((done) => {
      share = done;
    });
    line(report);
  } catch (error) {
    raw.write(`${problemOf(error).body}\n`);
  } finally {
    clearInterval(timer);
    raw.end();
  }
}
