/**
 * `POST /v1/sequences/{name}/next`: the hot path. When stock is at hand the answer is written in the same turn, without a promise;
 * only a call that waits for an allocation pays for one.
 */
import type { FastifyReply } from 'fastify';
import type { NextAnswer } from '../runtime/service/service.ts';
import { sendTogether } from './answers-together.ts';
import type { JsonSchema } from './body-field.ts';
import { type GatewayContext, type Handler, param, type Route } from './context.ts';
import { nextAnswerText } from './next-answer.ts';
import { NEXT_SCHEMA, type NextBody, readNext } from './next-request.ts';
import { BLOCK_SCHEMA } from './wire-schemas.ts';

export const JSON_TYPE = 'application/json; charset=utf-8';

export const NEXT_ANSWER_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    sequence: { type: 'string' },
    order: { type: 'string', enum: ['stream', 'sequence'], description: 'Present where the sequence promises an order.' },
    period: {
      type: 'string',
      format: 'date',
      description: 'First day of the period the values belong to, where they begin again: do not keep them beyond it.',
    },
    blocks: { type: 'array', items: BLOCK_SCHEMA },
    values: { type: 'array', items: { type: 'string' } },
    formatted: { type: 'array', items: { type: 'string' }, description: 'The values as they are printed, where there is a format.' },
  },
  required: ['sequence', 'blocks'],
};

export const NEXT_ROUTE: Route = {
  method: 'POST',
  path: '/v1/sequences/{name}/next',
  tag: 'values',
  summary: 'Takes the next values; waits where they have yet to be allocated',
  headers: {
    'Idempotency-Key': { type: 'string', description: 'The same key gives the same answer; another request under it is refused.' },
  },
  body: { schema: NEXT_SCHEMA, required: false },
  answer: {
    status: 200,
    description: 'The values, as blocks and, up to 1,000, one by one. More than one block only where one shard did not suffice.',
    schema: NEXT_ANSWER_SCHEMA,
  },
  errors: [
    'SEQ_INVALID_COUNT',
    'SEQ_INVALID_NAME',
    'SEQ_UNKNOWN_SEQUENCE',
    'SEQ_UNKNOWN_CLIENT',
    'SEQ_REQUEST_CONFLICT',
    'SEQ_EXHAUSTED',
    'SEQ_DROPPED',
    'SEQ_UNSUPPORTED',
    'SEQ_TOO_MANY_WAITING',
    'SEQ_WAIT_TIMEOUT',
  ],
  intake: true,
  handler: nextHandler,
};

function nextHandler(context: GatewayContext): Handler {
  const { service, counts } = context;
  // As a list, which is written out as it is; the length comes last.
  const headers = [...Object.entries(context.headers).flat(), 'content-type', JSON_TYPE, 'content-length'];
  return (request, reply) => {
    const asked = readNext(param(request, 'name'), request.body, request.raw.headers['idempotency-key']);
    const answer = service.next(asked.request);
    if (answer instanceof Promise) return answer.then((late) => lateAnswer(context, reply, asked, late));
    counts.nextAtOnce += 1;
    // Past the framework, which would copy the headers one by one and look twice at what the text might be.
    sendTogether({ response: reply.raw, headers, text: nextAnswerText(answer, asked.as), gateway: context });
    return undefined;
  };
}

/** By the framework: one reply of a store answers many that waited, and those are written one after the other as it is. */
async function lateAnswer(context: GatewayContext, reply: FastifyReply, asked: NextBody, answer: NextAnswer): Promise<string> {
  context.counts.nextWaited += 1;
  if (reply.raw.destroyed) await takeBack(context, asked, answer);
  reply.header('content-type', JSON_TYPE);
  return nextAnswerText(answer, asked.as);
}

/**
 * The caller hung up while it waited. A numbered block that nobody saw can go back whole; under an idempotency key it must stay, since the
 * same caller will ask for the same answer again.
 */
export async function takeBack({ service, counts }: GatewayContext, { request }: NextBody, answer: NextAnswer): Promise<void> {
  counts.nextAbandoned += 1;
  if (request.idempotencyKey !== undefined) return;
  const numbered = answer.blocks.flatMap(({ id }) => (id === undefined ? [] : [id]));
  // A block that can no longer be given back counts as issued: nothing is lost by leaving it.
  await Promise.allSettled(numbered.map((id) => service.giveBack({ sequence: answer.sequence, id, used: 0 })));
}
