/** Sequences: create, list, describe, alter, restart, drop. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorCode } from '../../core/errors.ts';
import type { SequenceDescription } from '../runtime/service/service.ts';
import { bodySchema, integerField, invalidRequest, type JsonSchema, readBody, shown, textField } from './body-field.ts';
import { type GatewayContext, type Handler, param, type Route } from './context.ts';
import { PAGE_QUERY, pageOf, pageSchema } from './page.ts';
import { entityTag, IF_MATCH_HEADER, mustMatch } from './precondition.ts';
import { ATTRIBUTE_FIELDS, readAttributes, readNamedAttributes, sequenceAnswer } from './sequence-attributes.ts';
import { objectSchema, SEQUENCE_SCHEMA } from './wire-schemas.ts';

const TAG = 'sequences';
const PATH = '/v1/sequences/{name}';
const DRY_RUN_QUERY = {
  dryRun: { type: 'boolean', default: false, description: 'Answers what every pool would do, and changes nothing.' },
};
const RESTART_FIELDS = { start: integerField('Where values begin again; the start of the definition where left out.') };
const CHANGE_ERRORS: readonly ErrorCode[] = [
  'SEQ_UNKNOWN_SEQUENCE',
  'SEQ_INVALID_DEFINITION',
  'SEQ_PRECONDITION_FAILED',
  'SEQ_CONFLICT',
  // The change is made, and not yet everywhere.
  'SEQ_WAIT_TIMEOUT',
  'SEQ_UNSUPPORTED',
];
const NAME_FIELD = textField('1 to 63 letters, digits, dots, underscores or hyphens.');

export const SEQUENCE_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/sequences',
    tag: TAG,
    summary: 'Creates a sequence; the same again changes nothing',
    body: { schema: bodySchema({ name: NAME_FIELD, ...ATTRIBUTE_FIELDS }, ['name']), required: true },
    answer: {
      status: 201,
      description: 'It exists (200 where it did already).',
      schema: SEQUENCE_SCHEMA,
      also: { status: 200, description: 'It existed already.', schema: SEQUENCE_SCHEMA },
    },
    errors: ['SEQ_INVALID_NAME', 'SEQ_INVALID_DEFINITION', 'SEQ_SEQUENCE_EXISTS', 'SEQ_TOO_MANY_SEQUENCES'],
    intake: true,
    handler: createHandler,
  },
  {
    method: 'GET',
    path: '/v1/sequences',
    tag: TAG,
    summary: 'Lists sequences; in pages, by name',
    query: PAGE_QUERY,
    answer: { status: 200, description: 'Sequences.', schema: pageSchema('sequences', SEQUENCE_SCHEMA) },
    errors: ['SEQ_INVALID_REQUEST'],
    intake: false,
    handler:
      ({ service }) =>
      ({ query }) => {
        const { items, ...page } = pageOf(service.list(), query, ({ name }) => name);
        return { sequences: items.map(sequenceAnswer), ...page };
      },
  },
  {
    method: 'GET',
    path: PATH,
    tag: TAG,
    summary: 'Describes one sequence',
    answer: { status: 200, description: 'The sequence; its `ETag` names this version of the definition.', schema: SEQUENCE_SCHEMA },
    errors: ['SEQ_UNKNOWN_SEQUENCE'],
    intake: false,
    handler:
      ({ service }) =>
      (request, reply) =>
        tagged(reply, service.describe(param(request, 'name'))),
  },
  {
    method: 'PATCH',
    path: PATH,
    tag: TAG,
    summary: 'Changes attributes: a new generation above everything given out so far, or at the given start',
    query: DRY_RUN_QUERY,
    headers: IF_MATCH_HEADER,
    body: { schema: bodySchema(ATTRIBUTE_FIELDS), required: true },
    answer: { status: 200, description: 'The sequence as it is now, or what a dry run found.', schema: SEQUENCE_SCHEMA },
    errors: CHANGE_ERRORS,
    intake: true,
    handler: alterHandler,
  },
  {
    method: 'DELETE',
    path: PATH,
    tag: TAG,
    summary: 'Drops a sequence for good',
    query: DRY_RUN_QUERY,
    headers: IF_MATCH_HEADER,
    answer: {
      status: 204,
      description: 'It is gone; 200 and what would happen for a dry run.',
      also: { status: 200, description: 'What would happen.', schema: objectSchema('ChangePlan') },
    },
    errors: ['SEQ_UNKNOWN_SEQUENCE', 'SEQ_PRECONDITION_FAILED', 'SEQ_CONFLICT', 'SEQ_WAIT_TIMEOUT'],
    intake: true,
    handler: dropHandler,
  },
  {
    method: 'POST',
    path: `${PATH}/restart`,
    tag: TAG,
    summary: 'Begins again: values of the generation before may come again',
    query: DRY_RUN_QUERY,
    headers: IF_MATCH_HEADER,
    // A body is asked for, so that no page of another site can do this with a plain form.
    body: { schema: bodySchema(RESTART_FIELDS), required: true },
    answer: { status: 200, description: 'The sequence as it is now, or what a dry run found.', schema: SEQUENCE_SCHEMA },
    errors: CHANGE_ERRORS,
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
    return tagged(reply, made);
  };
}

function alterHandler({ service }: GatewayContext): Handler {
  return async (request, reply) => {
    const changes = readAttributes(request.body);
    if (Object.keys(changes).length === 0) throw invalidRequest('the body names no attribute to change');
    const name = param(request, 'name');
    const isDry = isDryRun(request);
    mustMatch(request, () => service.describe(name));
    if (isDry) return service.plan(name, { kind: 'alter', changes });
    return tagged(reply, await service.alter(name, changes));
  };
}

function restartHandler({ service }: GatewayContext): Handler {
  return async (request, reply) => {
    const { start } = readBody(request.body, RESTART_FIELDS);
    const name = param(request, 'name');
    const isDry = isDryRun(request);
    mustMatch(request, () => service.describe(name));
    if (isDry) return service.plan(name, { kind: 'restart', ...(start !== undefined && { start }) });
    return tagged(reply, await service.restart(name, start));
  };
}

function dropHandler({ service }: GatewayContext): Handler {
  return async (request, reply) => {
    const name = param(request, 'name');
    const isDry = isDryRun(request);
    mustMatch(request, () => service.describe(name));
    if (isDry) return service.plan(name, { kind: 'drop' });
    await service.drop(name);
    reply.code(204);
    return null;
  };
}

function tagged(reply: FastifyReply, description: SequenceDescription): JsonSchema {
  reply.header('etag', entityTag(description));
  return sequenceAnswer(description);
}

/** What is misspelt must not be done in earnest. */
function isDryRun({ query }: FastifyRequest): boolean {
  const given = query as Readonly<Record<string, unknown>>;
  const other = Object.keys(given).find((name) => name !== 'dryRun');
  if (other !== undefined) throw invalidRequest(`unknown parameter ${shown(other)}: known is dryRun`);
  if (given.dryRun === undefined || given.dryRun === 'false') return false;
  if (given.dryRun === 'true') return true;
  throw invalidRequest(`dryRun ${shown(given.dryRun)} is not one of true, false`);
}
