/** Which stream a client belongs to, and where its values come from. */

import { SequenceError } from '../../core/errors.ts';
import { CLIENT_ID_LENGTH_MAX, CLIENT_ID_PATTERN } from '../../core/limits.ts';
import { ROUTE_SCHEMA } from './answer-schemas.ts';
import { bodySchema, invalidRequest, nameField, readBody, shown } from './body-field.ts';
import { type GatewayContext, type Handler, param, type Route } from './context.ts';
import { CLIENT_SCHEMA } from './wire-schemas.ts';

const CLIENT_FIELDS = {
  clientType: nameField('client type', 'Kind of caller.'),
  service: nameField('service', 'What the values are for.'),
};

export const CLIENT_ROUTES: readonly Route[] = [
  {
    method: 'PUT',
    path: '/v1/clients/{id}',
    tag: 'clients',
    summary: 'Registers which client type and service a client id stands for',
    body: { schema: bodySchema(CLIENT_FIELDS, ['clientType', 'service']), required: true },
    answer: { status: 200, description: 'As registered.', schema: CLIENT_SCHEMA },
    errors: ['SEQ_INVALID_NAME'],
    intake: true,
    handler: registerHandler,
  },
  {
    method: 'GET',
    path: '/v1/clients/{id}',
    tag: 'clients',
    summary: 'Looks a client id up',
    answer: { status: 200, description: 'As registered.', schema: CLIENT_SCHEMA },
    errors: ['SEQ_UNKNOWN_CLIENT', 'SEQ_INVALID_NAME'],
    intake: false,
    handler: lookUpHandler,
  },
  {
    method: 'GET',
    path: '/v1/sequences/{name}/route',
    tag: 'clients',
    summary: "Says where a caller's values come from: stream, shard, pool, endpoint",
    query: { clientId: { type: 'string' }, clientType: { type: 'string' }, service: { type: 'string' } },
    answer: { status: 200, description: 'The route.', schema: ROUTE_SCHEMA },
    errors: ['SEQ_UNKNOWN_SEQUENCE', 'SEQ_UNKNOWN_CLIENT', 'SEQ_INVALID_NAME'],
    intake: false,
    handler: routeHandler,
  },
];

function registerHandler({ service }: GatewayContext): Handler {
  return async (request) => {
    const clientId = clientIdOf(param(request, 'id'));
    const route = readBody(request.body, CLIENT_FIELDS, ['clientType', 'service']);
    await service.registerClient(clientId, route);
    return { clientId, ...route };
  };
}

function lookUpHandler({ service }: GatewayContext): Handler {
  return async (request) => {
    const clientId = clientIdOf(param(request, 'id'));
    const { clientType, service: name } = await service.lookUpClient(clientId);
    return { clientId, clientType, service: name };
  };
}

function clientIdOf(id: string): string {
  if (CLIENT_ID_PATTERN.test(id)) return id;
  throw new SequenceError(
    'SEQ_INVALID_NAME',
    `client id ${shown(id)} is not one: use 1 to ${CLIENT_ID_LENGTH_MAX} letters, digits, '.', '_', ':', '@' or '-'`,
  );
}

function routeHandler({ service }: GatewayContext): Handler {
  return (request) => {
    const query = request.query as Readonly<Record<string, unknown>>;
    const said = Object.entries(query).map(([name, value]) => {
      if (!['clientId', 'clientType', 'service'].includes(name))
        throw invalidRequest(`${name} is not one of clientId, clientType, service`);
      if (typeof value !== 'string') throw invalidRequest(`${name} ${shown(value)} is given more than once`);
      return [name, value] as const;
    });
    return service.find(param(request, 'name'), Object.fromEntries(said));
  };
}
