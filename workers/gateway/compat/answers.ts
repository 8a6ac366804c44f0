/** What the routes of other generators have in common: names that are called otherwise here, and answers of Spring's making. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorCode, SequenceError } from '../../../core/errors.ts';
import type { JsonSchema } from '../body-field.ts';
import type { GatewayContext, Handler } from '../context.ts';

export const TEXT_TYPE = 'text/plain;charset=UTF-8';
/** Where a caller that shows a person nothing else says what was wrong. */
export const ERROR_HEADER = 'x-seqcast-error';

export const SPRING_ERROR_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    timestamp: { type: 'integer' },
    status: { type: 'integer' },
    error: { type: 'string' },
    message: { type: 'string' },
    path: { type: 'string' },
    code: { type: 'string', description: 'Of seqcast: what it was really about.' },
    detail: { type: 'string' },
  },
  required: ['timestamp', 'status', 'error', 'message', 'path'],
};

const REASONS = { 400: 'Bad Request', 500: 'Internal Server Error' } as const;

/** The sequence that a key of the other generator is here. */
export function sequenceNamed({ compat }: GatewayContext, key: string): string {
  return compat?.names.get(key) ?? key;
}

/** As those servers answer what they cannot: with what seqcast knows of it beside. */
export function springError(
  request: FastifyRequest,
  reply: FastifyReply,
  status: 400 | 500,
  message: string,
  error: SequenceError,
): FastifyReply {
  const path = request.url.split('?', 1)[0];
  const { code, message: detail } = error;
  const body = { timestamp: Date.now(), status, error: REASONS[status], message, path, code, detail };
  return reply.code(status).header(ERROR_HEADER, code).type('application/json;charset=UTF-8').send(JSON.stringify(body));
}

/** The handler, with what it throws, now or later, answered in the other generator's way. */
export function answeringErrors(
  handler: Handler,
  answer: (error: unknown, request: FastifyRequest, reply: FastifyReply) => unknown,
): Handler {
  return (request, reply) => {
    try {
      const answered = handler(request, reply);
      return answered instanceof Promise ? answered.catch((error: unknown) => answer(error, request, reply)) : answered;
    } catch (error) {
      return answer(error, request, reply);
    }
  };
}

/** About who asks and how often, not about values: what these generators never say is said as everywhere here. */
export const OF_THE_DOOR: ReadonlySet<ErrorCode> = new Set([
  'SEQ_UNAUTHENTICATED',
  'SEQ_FORBIDDEN',
  'SEQ_RATE_LIMITED',
  'SEQ_QUOTA_EXCEEDED',
]);
