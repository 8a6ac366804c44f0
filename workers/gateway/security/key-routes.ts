/** API keys and the audit log: for operators. The secret of a key is in the answer that makes it, and in no other. */
import { parseQuota } from '../../../core/access/quota.ts';
import { parseScope } from '../../../core/access/scope.ts';
import { SequenceError } from '../../../core/errors.ts';
import { type BodyField, bodySchema, invalidRequest, type JsonSchema, readBody, shown, textField } from '../body-field.ts';
import { type GatewayContext, type Handler, param, type Route } from '../context.ts';
import { listSchema } from '../wire-schemas.ts';
import { callerOf } from './guard.ts';
import type { GatewaySecurity } from './security.ts';

const TAG = 'keys';
const LISTED_DEFAULT = 100;
const LISTED_MAX = 1_000;
const TEXTS_MAX = 64;

const KEY_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    name: { type: 'string' },
    scopes: { type: 'array', items: { type: 'string' } },
    quotas: { type: 'array', items: { type: 'string' } },
    createdAtMs: { type: 'integer' },
    createdBy: { type: 'string' },
  },
  required: ['id', 'name', 'scopes', 'quotas', 'createdAtMs', 'createdBy'],
};
const MADE_SCHEMA: JsonSchema = { type: 'object', properties: { token: { type: 'string' }, key: KEY_SCHEMA }, required: ['token', 'key'] };
const ENTRY_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    at: { type: 'string', format: 'date-time' },
    who: { type: 'string' },
    keyId: { type: 'string' },
    from: { type: 'string' },
    act: { type: 'string' },
    on: { type: 'object', additionalProperties: { type: 'string' } },
    outcome: { type: 'string' },
  },
  required: ['at', 'who', 'from', 'act', 'on', 'outcome'],
};
const KEY_FIELDS = {
  name: textField('Whose key it is: 1 to 63 letters, digits, dots, underscores or hyphens.'),
  scopes: textsField('What it may do, as next:acme.* or admin:orders.'),
  quotas: textsField('How many values it may take, as acme.*=1000000/day; hour, day or month.'),
};

export const KEY_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/keys',
    tag: TAG,
    summary: 'Makes an API key; its secret is in this answer and nowhere else',
    body: { schema: bodySchema(KEY_FIELDS, ['name', 'scopes']), required: true },
    answer: { status: 201, description: 'The token, and what the key may do.', schema: MADE_SCHEMA },
    errors: ['SEQ_CONFLICT', 'SEQ_UNSUPPORTED'],
    intake: true,
    handler: createHandler,
  },
  {
    method: 'GET',
    path: '/v1/keys',
    tag: TAG,
    summary: 'Lists API keys, without what proves them',
    answer: { status: 200, description: 'All keys, by name.', schema: listSchema('keys', KEY_SCHEMA) },
    errors: ['SEQ_UNSUPPORTED'],
    intake: false,
    handler: (context) => () => ({ keys: securityOf(context).book.list() }),
  },
  {
    method: 'DELETE',
    path: '/v1/keys/{key}',
    tag: TAG,
    summary: 'Revokes a key by its id or name: it is refused from now on',
    answer: { status: 204, description: 'It is revoked.' },
    errors: ['SEQ_UNKNOWN_KEY', 'SEQ_UNSUPPORTED'],
    intake: false,
    handler: revokeHandler,
  },
  {
    method: 'GET',
    path: '/v1/audit-log',
    tag: TAG,
    summary: 'Administrative acts of this process, newest first: who, what, when, from where, and how it ended',
    query: { limit: { type: 'integer', minimum: 1, maximum: LISTED_MAX, default: LISTED_DEFAULT } },
    answer: { status: 200, description: 'The acts.', schema: listSchema('entries', ENTRY_SCHEMA) },
    errors: ['SEQ_INVALID_REQUEST', 'SEQ_UNSUPPORTED'],
    intake: false,
    handler: auditHandler,
  },
];

function createHandler(context: GatewayContext): Handler {
  return async (request, reply) => {
    const { name, scopes, quotas = [] } = readBody(request.body, KEY_FIELDS, ['name', 'scopes']);
    const asked = { name, scopes: scopes.map(parseScope), quotas: quotas.map(parseQuota), createdBy: callerOf(request) };
    const made = await securityOf(context).book.create(asked);
    reply.code(201).header('cache-control', 'no-store');
    return made;
  };
}

function revokeHandler(context: GatewayContext): Handler {
  return async (request, reply) => {
    const key = param(request, 'key');
    if ((await securityOf(context).book.revoke(key)) === undefined)
      throw new SequenceError('SEQ_UNKNOWN_KEY', `there is no API key ${shown(key)}`);
    reply.code(204);
    return null;
  };
}

function auditHandler(context: GatewayContext): Handler {
  return async (request) => {
    const { limit = LISTED_DEFAULT } = request.query as { limit?: unknown };
    const number = Number(limit);
    if (limit === '' || !Number.isInteger(number) || number < 1 || number > LISTED_MAX)
      throw invalidRequest(`limit ${shown(limit)} is not a whole number from 1 to ${LISTED_MAX}`);
    return { entries: await securityOf(context).audit.newest(number) };
  };
}

function securityOf({ security }: GatewayContext): GatewaySecurity {
  if (security !== undefined) return security;
  throw new SequenceError('SEQ_UNSUPPORTED', 'this process was started without a place for API keys');
}

function textsField(description: string): BodyField<readonly string[]> {
  return {
    schema: { type: 'array', items: { type: 'string' }, maxItems: TEXTS_MAX, description },
    read(value, name) {
      if (Array.isArray(value) && value.length <= TEXTS_MAX && value.every((each) => typeof each === 'string')) return value;
      throw invalidRequest(`${name} ${shown(value)} is not a list of at most ${TEXTS_MAX} strings`);
    },
  };
}
