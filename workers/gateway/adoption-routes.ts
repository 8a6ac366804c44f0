/** Adopting a sequence from another generator, cutting over, and going back. */
import type { ErrorCode } from '../../core/errors.ts';
import { SequenceError } from '../../core/errors.ts';
import type { AdoptionService } from '../runtime/adoption/adoption-views.ts';
import type { SeqcastService } from '../runtime/service/service.ts';
import { bodySchema, type JsonSchema, readBody, textField, wholeNumberField } from './body-field.ts';
import { param, type Route } from './context.ts';
import { listSchema } from './wire-schemas.ts';

const TAG = 'adoptions';
const ADOPT_FIELDS = {
  name: textField('Name of the sequence here.'),
  from: textField('Address of the counter, without a password: postgres://user@host/db?sequence=NAME, or ?table=leaf_alloc&id=TAG.'),
};
const COMMIT_FIELDS = {
  values: wholeNumberField('How many values the sequence goes on with; where left out, half of what the counter has left, up to 2^40.'),
};
const COUNT: JsonSchema = { type: 'integer', minimum: 0 };
const ADOPTION_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    sequence: { type: 'string' },
    state: { type: 'string', enum: ['drawing', 'reserved', 'committed', 'abandoned'] },
    adoption: { type: 'integer' },
    source: { type: 'string' },
    generator: { type: 'string', enum: ['sequence', 'leaf', 'tinyid'] },
    increment: { type: 'string' },
    adoptedAtMs: { type: 'integer' },
    endedAtMs: { type: 'integer' },
    drawn: { ...COUNT, description: 'Values that came out of the counter.' },
    stock: { ...COUNT, description: 'Of them, what the answering process has at hand.' },
    burnt: { ...COUNT, description: 'Of them, what is known not to be given out any more.' },
    grants: { ...COUNT, description: 'Draws.' },
    goesOnFrom: { type: 'string', description: 'First value after the cut-over.' },
    goesOnTo: { type: 'string', description: 'Last value that the counter was moved past.' },
  },
  required: ['sequence', 'state', 'adoption', 'source', 'generator', 'increment', 'adoptedAtMs', 'drawn', 'stock', 'burnt', 'grants'],
};
/** What the other database may say. */
const COUNTER_ERRORS: readonly ErrorCode[] = [
  'SEQ_UNSUPPORTED',
  'SEQ_CONFIG_INVALID',
  'SEQ_ENGINE_UNREACHABLE',
  'SEQ_ENGINE_AWAY',
  'SEQ_EXHAUSTED',
];

export const ADOPTION_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/adoptions',
    tag: TAG,
    summary: "Adopts a sequence: its values come out of another generator's counter until the cut-over",
    body: { schema: bodySchema(ADOPT_FIELDS, ['name', 'from']), required: true },
    answer: { status: 201, description: 'Values are drawn from now on.', schema: ADOPTION_SCHEMA },
    errors: ['SEQ_INVALID_NAME', 'SEQ_SEQUENCE_EXISTS', ...COUNTER_ERRORS],
    intake: true,
    handler:
      ({ service }) =>
      async (request, reply) => {
        const { name, from } = readBody(request.body, ADOPT_FIELDS, ['name', 'from']);
        const adopted = await adoptionsOf(service).adopt(name, from);
        reply.code(201);
        return adopted;
      },
  },
  {
    method: 'GET',
    path: '/v1/adoptions',
    tag: TAG,
    summary: 'Lists adoptions, those that are over too',
    answer: { status: 200, description: 'Oldest first.', schema: listSchema('adoptions', ADOPTION_SCHEMA) },
    errors: ['SEQ_UNSUPPORTED'],
    intake: false,
    handler:
      ({ service }) =>
      () => ({ adoptions: adoptionsOf(service).list() }),
  },
  {
    method: 'POST',
    path: '/v1/adoptions/{sequence}/commit',
    tag: TAG,
    summary: 'Cuts over: the sequence goes on by itself with values that the counter is moved past',
    body: { schema: bodySchema(COMMIT_FIELDS), required: false },
    answer: { status: 200, description: 'It is an ordinary sequence now.', schema: ADOPTION_SCHEMA },
    errors: [
      'SEQ_UNKNOWN_SEQUENCE',
      'SEQ_INVALID_COUNT',
      'SEQ_SEQUENCE_EXISTS',
      'SEQ_TOO_MANY_SEQUENCES',
      'SEQ_CONFLICT',
      ...COUNTER_ERRORS,
    ],
    intake: true,
    handler:
      ({ service }) =>
      async (request) => {
        const { values } = readBody(request.body ?? {}, COMMIT_FIELDS);
        return await adoptionsOf(service).commit(param(request, 'sequence'), values);
      },
  },
  {
    method: 'POST',
    path: '/v1/adoptions/{sequence}/abandon',
    tag: TAG,
    summary: 'Goes back: no value comes out of the counter here any more, and its old callers go on',
    answer: { status: 200, description: 'It is over.', schema: ADOPTION_SCHEMA },
    errors: ['SEQ_UNKNOWN_SEQUENCE', 'SEQ_CONFLICT', 'SEQ_UNSUPPORTED'],
    intake: true,
    handler:
      ({ service }) =>
      async (request) =>
        await adoptionsOf(service).abandon(param(request, 'sequence')),
  },
];

function adoptionsOf(service: SeqcastService): AdoptionService {
  const adoptions = service.adoptions?.();
  if (adoptions !== undefined) return adoptions;
  throw new SequenceError('SEQ_UNSUPPORTED', 'this process adopts no sequences: `seqcast up` with the role gateway does');
}
