/**
 * `POST /v1/next`: values of several sequences in one call. All are asked for in the same turn, so that none waits for another, and each has
 * an outcome of its own. What cannot be read is refused as a whole, before anything is taken.
 */
import { SequenceError } from '../../core/errors.ts';
import { COUNT_MAX } from '../../core/limits.ts';
import type { NextAnswer } from '../runtime/service/service.ts';
import { invalidRequest, type JsonSchema, objectOf, shown, unknownField } from './body-field.ts';
import type { GatewayContext, Handler, Route } from './context.ts';
import { nextAnswerText } from './next-answer.ts';
import { NEXT_SCHEMA, type NextBody, readNext } from './next-request.ts';
import { JSON_TYPE, NEXT_ANSWER_SCHEMA, takeBack } from './next-route.ts';
import { problemOf } from './problem.ts';

/** As many as fit into a body with names of usual length. */
const REQUESTS_MAX = 100;

const REQUEST_SCHEMA: JsonSchema = {
  ...NEXT_SCHEMA,
  properties: {
    sequence: { type: 'string' },
    ...(NEXT_SCHEMA.properties as object),
    idempotencyKey: { type: 'string', description: 'As the header of that name, for this request.' },
  },
  required: ['sequence'],
};
const OUTCOME_SCHEMA: JsonSchema = {
  oneOf: [
    NEXT_ANSWER_SCHEMA,
    {
      type: 'object',
      properties: { sequence: { type: 'string' }, problem: { $ref: '#/components/schemas/Problem' } },
      required: ['sequence', 'problem'],
    },
  ],
};

export const BATCH_NEXT_ROUTE: Route = {
  method: 'POST',
  path: '/v1/next',
  tag: 'values',
  summary: `Takes the next values of up to ${REQUESTS_MAX} sequences at once, ${COUNT_MAX.toLocaleString('en')} values in all`,
  body: {
    schema: {
      type: 'object',
      properties: { requests: { type: 'array', items: REQUEST_SCHEMA, minItems: 1, maxItems: REQUESTS_MAX } },
      required: ['requests'],
      additionalProperties: false,
    },
    required: true,
  },
  answer: {
    status: 200,
    description: 'One outcome a request, in their order: values as from one sequence, or the problem of that request alone.',
    schema: { type: 'object', properties: { outcomes: { type: 'array', items: OUTCOME_SCHEMA } }, required: ['outcomes'] },
  },
  errors: ['SEQ_INVALID_COUNT'],
  intake: true,
  handler: batchHandler,
};

function batchHandler(context: GatewayContext): Handler {
  return async (request, reply) => {
    const asked = readBatch(request.body);
    const settled = await Promise.allSettled(asked.map(async (each) => await context.service.next(each.request)));
    if (reply.raw.destroyed) await takeAllBack(context, asked, settled);
    const outcomes = asked.map((each, index) => outcomeText(context, each, settled[index]));
    reply.header('content-type', JSON_TYPE);
    return `{"outcomes":[${outcomes.join(',')}]}`;
  };
}

function outcomeText({ counts }: GatewayContext, { request, as }: NextBody, settled: PromiseSettledResult<NextAnswer> | undefined): string {
  if (settled?.status === 'fulfilled') return nextAnswerText(settled.value, as);
  // What nobody foresaw is for the log: the whole call fails.
  if (!(settled?.reason instanceof SequenceError)) throw settled?.reason;
  const problem = problemOf(settled.reason);
  counts.problem(problem.code);
  return `{"sequence":${JSON.stringify(request.sequence)},"problem":${problem.body}}`;
}

async function takeAllBack(
  context: GatewayContext,
  asked: readonly NextBody[],
  settled: readonly PromiseSettledResult<NextAnswer>[],
): Promise<void> {
  for (const [index, outcome] of settled.entries()) {
    const each = asked[index];
    if (each !== undefined && outcome.status === 'fulfilled') await takeBack(context, each, outcome.value);
  }
}

function readBatch(body: unknown): readonly NextBody[] {
  const { requests, ...rest } = objectOf(body);
  for (const name of Object.keys(rest)) throw unknownField(name, ['requests']);
  if (!Array.isArray(requests) || requests.length === 0 || requests.length > REQUESTS_MAX)
    throw invalidRequest(`requests is not a list of 1 to ${REQUESTS_MAX}`);
  const read = requests.map((each: unknown, index) => readOne(each, index));
  const count = read.reduce((sum, { request }) => sum + request.count, 0);
  if (count > COUNT_MAX)
    throw new SequenceError('SEQ_INVALID_COUNT', `the requests ask for ${count} values; a call gives at most ${COUNT_MAX}`, { count });
  return read;
}

function readOne(given: unknown, index: number): NextBody {
  try {
    const { sequence, idempotencyKey, ...rest } = objectOf(given);
    if (typeof sequence !== 'string') throw invalidRequest(`sequence ${shown(sequence)} is not a string`);
    return readNext(sequence, rest, idempotencyKey as string | undefined);
  } catch (error) {
    if (!(error instanceof SequenceError)) throw error;
    throw new SequenceError(error.code, `requests[${index}]: ${error.message}`, error.details);
  }
}
