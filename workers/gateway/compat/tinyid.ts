/**
 * TinyID's four routes, by GET and by POST: values, or the segment that its client library counts through by itself. Whatever is wrong is
 * status 200 and a code in the body, or an empty body where there is none. A token is an API key where keys are needed.
 */
import type { FastifyRequest } from 'fastify';
import { SequenceError } from '../../../core/errors.ts';
import { COUNT_MAX } from '../../../core/limits.ts';
import type { NextAnswer, ValueBlock } from '../../runtime/service/service.ts';
import type { JsonSchema } from '../body-field.ts';
import type { GatewayContext, Handler, Route } from '../context.ts';
import { answeringErrors, ERROR_HEADER, SPRING_ERROR_SCHEMA, sequenceNamed, springError, TEXT_TYPE } from './answers.ts';

const JSON_TYPE = 'application/json;charset=UTF-8';
/** What the other server allows where nobody has changed it; more is cut down to it, as there. */
const BATCH_MAX = 100_000;
const TOKEN_WRONG = { code: 5, message: 'token is error' };
const FAILED = 6;
/** Its clients fetch the next segment once this much of one is used. */
const LOADING_PERCENT = 20n;

type Asked = Readonly<Record<string, string | undefined>>;

interface Answered {
  /** How values are written into the answer, with and without JSON around. */
  readonly isSimple: boolean;
  readonly text: (context: GatewayContext, parameters: Asked) => Promise<string>;
}

const TEXT: JsonSchema = { type: 'string' };
const INTEGER: JsonSchema = { type: 'integer' };
const QUERY = {
  bizType: { ...TEXT, description: 'Name of the sequence; a form in the body may say the same.' },
  token: { ...TEXT, description: 'An API key, where the server needs one; else it is not looked at.' },
};
const BATCH = { batchSize: { ...TEXT, description: `1 where left out, at most ${BATCH_MAX}.` } };
const SEGMENT: JsonSchema = {
  type: 'object',
  properties: { currentId: INTEGER, loadingId: INTEGER, maxId: INTEGER, delta: INTEGER, remainder: INTEGER },
};

export const TINYID_ROUTES: readonly Route[] = [
  ...routes('nextId', 'values', { isSimple: false, text: async (...asked) => `[${(await valuesOf(...asked)).join(',')}]` }, BATCH, {
    type: 'array',
    items: INTEGER,
  }),
  ...routes(
    'nextIdSimple',
    'values with commas between',
    { isSimple: true, text: async (...asked) => (await valuesOf(...asked)).join(',') },
    BATCH,
  ),
  ...routes(
    'nextSegmentId',
    'a segment for its client library',
    { isSimple: false, text: async (...asked) => segmentJson(await segmentOf(...asked)) },
    {},
    SEGMENT,
  ),
  ...routes('nextSegmentIdSimple', 'a segment for its client library, with commas between', {
    isSimple: true,
    text: async (...asked) => Object.values(await segmentOf(...asked)).join(','),
  }),
];

function routes(
  name: string,
  what: string,
  answered: Answered,
  query: Readonly<Record<string, JsonSchema>> = {},
  data?: JsonSchema,
): Route[] {
  const schema = data && { type: 'object', properties: { data: { oneOf: [data, { type: 'null' }] }, code: INTEGER, message: TEXT } };
  return (['GET', 'POST'] as const).map((method) => ({
    method,
    path: `/tinyid/id/${name}`,
    tag: 'compatibility',
    summary: `As TinyID answers: ${what}; where \`compat\` has tinyid`,
    query: { ...QUERY, ...query },
    answer: {
      status: 200,
      description:
        schema === undefined ? 'Empty where something is wrong.' : 'Code 200, 5 for a wrong token, 6 for whatever else is wrong.',
      ...(schema === undefined ? { contentType: 'text/plain' } : { schema }),
      also: { status: 400, description: 'batchSize is no whole number.', schema: SPRING_ERROR_SCHEMA },
    },
    errors: [],
    intake: true,
    handler: (context) => tinyidHandler(context, answered),
    around: (handler, context) => withToken(answeringErrors(handler, tinyidError(context, answered)), context),
  }));
}

function tinyidHandler(context: GatewayContext, { isSimple, text }: Answered): Handler {
  return async (request, reply) => {
    const parameters = parametersOf(request);
    const answer = await text(context, parameters);
    reply.header('content-type', isSimple ? TEXT_TYPE : JSON_TYPE);
    // Digits as they are: JSON.stringify would not write what is beyond 2^53.
    return isSimple ? answer : `{"data":${answer},"code":200,"message":""}`;
  };
}

/** Its token stands where a key of ours would, unless the caller sends one itself. */
function withToken(handler: Handler, { security }: GatewayContext): Handler {
  if (security?.door !== 'keys') return handler;
  return (request, reply) => {
    const { token } = parametersOf(request);
    if (token !== undefined && /^[\x21-\x7e]+$/.test(token)) request.raw.headers.authorization ??= `Bearer ${token}`;
    return handler(request, reply);
  };
}

function tinyidError({ counts, security }: GatewayContext, { isSimple }: Answered): Parameters<typeof answeringErrors>[1] {
  return (error, request, reply) => {
    if (!(error instanceof SequenceError)) throw error;
    const { code } = error;
    counts.problem(code);
    if (code === 'SEQ_INVALID_REQUEST') return springError(request, reply, 400, error.message, error);
    reply.header(ERROR_HEADER, code);
    if (isSimple) return reply.type(TEXT_TYPE).send('');
    return reply.type(JSON_TYPE).send(JSON.stringify({ data: null, ...failure(error, parametersOf(request), security?.door === 'keys') }));
  };
}

function failure(error: SequenceError, { bizType = 'null' }: Asked, hasKeys: boolean): { readonly code: number; readonly message: string } {
  const { code, message } = error;
  const isUnknown = code === 'SEQ_UNKNOWN_SEQUENCE' || code === 'SEQ_INVALID_NAME';
  // Of what a token does not open, the other server does not say whether it is there.
  if (code === 'SEQ_UNAUTHENTICATED' || code === 'SEQ_FORBIDDEN' || (isUnknown && hasKeys)) return TOKEN_WRONG;
  return { code: FAILED, message: isUnknown ? `can not find biztype:${bizType}` : `${code}: ${message}` };
}

async function valuesOf(context: GatewayContext, { bizType = '', batchSize }: Asked): Promise<string[]> {
  const sequence = sequenceNamed(context, bizType);
  const wanted = Math.min(batchOf(batchSize), BATCH_MAX);
  const values: string[] = [];
  while (values.length < wanted) {
    const count = Math.min(COUNT_MAX, wanted - values.length);
    for (const block of (await counted(context, sequence, count)).blocks) pushValues(values, block);
  }
  return values;
}

async function counted({ service, counts }: GatewayContext, sequence: string, count: number, numbered = false): Promise<NextAnswer> {
  const answer = service.next({ sequence, count, numbered });
  if (answer instanceof Promise) counts.nextWaited += 1;
  else counts.nextAtOnce += 1;
  return await answer;
}

function pushValues(values: string[], { start, count, increment }: ValueBlock): void {
  for (let i = 0, value = start; i < count; i++, value += increment) values.push(String(value));
}

interface Segment {
  readonly currentId: bigint;
  readonly loadingId: bigint;
  readonly maxId: bigint;
  readonly delta: bigint;
  readonly remainder: bigint;
}

/** Its client gives out (currentId, maxId] in steps of delta: one run, whatever else the answer had goes back. */
async function segmentOf(context: GatewayContext, { bizType = '' }: Asked): Promise<Segment> {
  const sequence = sequenceNamed(context, bizType);
  const { blocks } = await counted(context, sequence, context.compat?.segment ?? 1, true);
  const longest = blocks.reduce((one, other) => (other.count > one.count ? other : one));
  const { increment: delta } = longest;
  for (const { id } of blocks.filter((each) => each !== longest || delta < 0n)) {
    // What cannot go back counts as issued.
    if (id !== undefined) await context.service.giveBack({ sequence, id, used: 0 }).catch(() => undefined);
  }
  if (delta < 0n) throw new SequenceError('SEQ_UNSUPPORTED', `sequence ${sequence} descends, which a segment cannot say: use nextId`);
  const currentId = longest.start - delta;
  const maxId = longest.start + BigInt(longest.count - 1) * delta;
  const remainder = ((longest.start % delta) + delta) % delta;
  return { currentId, loadingId: currentId + ((maxId - currentId) * LOADING_PERCENT) / 100n, maxId, delta, remainder };
}

function segmentJson(segment: Segment): string {
  return `{${Object.entries(segment)
    .map(([name, value]) => `"${name}":${value}`)
    .join(',')}}`;
}

function batchOf(text: string | undefined): number {
  if (text === undefined || text === '') return 1;
  if (/^-?\d{1,9}$/.test(text)) return Number(text);
  throw new SequenceError('SEQ_INVALID_REQUEST', `batchSize ${JSON.stringify(text.slice(0, 80))} is no whole number`);
}

/** Of the query, or of a form; a parameter that is there twice counts by its first. */
function parametersOf({ query, body }: FastifyRequest): Asked {
  const form = typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {};
  const given = Object.entries({ ...form, ...(query as object) }).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]);
  return Object.fromEntries(given.filter(([, value]) => typeof value === 'string')) as Asked;
}
