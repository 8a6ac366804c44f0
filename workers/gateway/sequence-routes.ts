/** Sequences: create, list, describe, alter, restart, drop. */

import { bodySchema, integerField, invalidRequest, readBody, textField } from './body-field.ts';
import { type GatewayContext, type Handler, param, type Route } from './context.ts';
import { ATTRIBUTE_FIELDS, readAttributes, readNamedAttributes, sequenceAnswer } from './sequence-attributes.ts';
import { listSchema, SEQUENCE_SCHEMA } from './wire-schemas.ts';

const TAG = 'sequences';
const PATH = '/v1/sequences/{name}';
const RESTART_FIELDS = { start: integerField('Where values begin again; the start of the definition where left out.') };
const NAME_FIELD = textField('1 to 63 letters, digits, dots, underscores or hyphens.');

export const SEQUENCE_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/sequences',
    tag: TAG,
    summary: 'Creates a sequence; the same again changes nothing',
    body: { schema: bodySchema({ name: NAME_FIELD, ...ATTRIBUTE_FIELDS }, ['name']), required: true },
    answer: { status: 201, description: 'It exists (200 where it did already).', schema: SEQUENCE_SCHEMA },
    errors: ['SEQ_INVALID_NAME', 'SEQ_INVALID_DEFINITION', 'SEQ_SEQUENCE_EXISTS', 'SEQ_TOO_MANY_SEQUENCES', 'SEQ_UNSUPPORTED'],
    intake: true,
    handler: createHandler,
  },
  {
    method: 'GET',
    path: '/v1/sequences',
    tag: TAG,
    summary: 'Lists all sequences',
    answer: { status: 200, description: 'All sequences.', schema: listSchema('sequences', SEQUENCE_SCHEMA) },
    errors: [],
    intake: false,
    handler:
      ({ service }) =>
      () => ({ sequences: service.list().map(sequenceAnswer) }),
  },
  {
    method: 'GET',
    path: PATH,
    tag: TAG,
    summary: 'Describes one sequence',
    answer: { status: 200, description: 'The sequence.', schema: SEQUENCE_SCHEMA },
    errors: ['SEQ_UNKNOWN_SEQUENCE'],
    intake: false,
    handler:
      ({ service }) =>
      (request) =>
        sequenceAnswer(service.describe(param(request, 'name'))),
  },
  {
    method: 'PATCH',
    path: PATH,
    tag: TAG,
    summary: 'Changes attributes: a new generation above everything given out so far, or at the given start',
    body: { schema: bodySchema(ATTRIBUTE_FIELDS), required: true },
    answer: { status: 200, description: 'The sequence as it is now.', schema: SEQUENCE_SCHEMA },
    errors: ['SEQ_UNKNOWN_SEQUENCE', 'SEQ_INVALID_DEFINITION', 'SEQ_CONFLICT', 'SEQ_UNSUPPORTED'],
    intake: true,
    handler: alterHandler,
  },
  {
    method: 'DELETE',
    path: PATH,
    tag: TAG,
    summary: 'Drops a sequence for good',
    answer: { status: 204, description: 'It is gone.' },
    errors: ['SEQ_UNKNOWN_SEQUENCE', 'SEQ_CONFLICT'],
    intake: true,
    handler: dropHandler,
  },
  {
    method: 'POST',
    path: `${PATH}/restart`,
    tag: TAG,
    summary: 'Begins again: values of the generation before may come again',
    // A body is asked for, so that no page of another site can do this with a plain form.
    body: { schema: bodySchema(RESTART_FIELDS), required: true },
    answer: { status: 200, description: 'The sequence as it is now.', schema: SEQUENCE_SCHEMA },
    errors: ['SEQ_UNKNOWN_SEQUENCE', 'SEQ_INVALID_DEFINITION', 'SEQ_CONFLICT'],
    intake: true,
    handler: restartHandler,
  },
];

function createHandler({ service }: GatewayContext): Handler {
  return async (request, reply) => {
    const { name, attributes } = readNamedAttributes(request.body);
    const existed = service.list().some((each) => each.name === name);
    const made = await service.create(name, attributes);
    reply.code(existed ? 200 : 201).header('location', `/v1/sequences/${encodeURIComponent(name)}`);
    return sequenceAnswer(made);
  };
}

function alterHandler({ service }: GatewayContext): Handler {
  return async (request) => {
    const changes = readAttributes(request.body);
    if (Object.keys(changes).length === 0) throw invalidRequest('the body names no attribute to change');
    return sequenceAnswer(await service.alter(param(request, 'name'), changes));
  };
}

function restartHandler({ service }: GatewayContext): Handler {
  return async (request) => {
    const { start } = readBody(request.body, RESTART_FIELDS);
    return sequenceAnswer(await service.restart(param(request, 'name'), start));
  };
}

function dropHandler({ service }: GatewayContext): Handler {
  return async (request, reply) => {
    await service.drop(param(request, 'name'));
    reply.code(204);
    return null;
  };
}
