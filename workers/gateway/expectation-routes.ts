/** What callers tell ahead of demand: profiles of client types, and bursts to come. */

import type { FastifyRequest } from 'fastify';
import { DECLARED_RATE_MAX } from '../../core/limits.ts';
import { checkName } from '../../core/sequence.ts';
import type { ProfileName } from '../runtime/expectations/expectation-views.ts';
import { ANNOUNCED_SCHEMA, ANNOUNCEMENT_SCHEMA } from './answer-schemas.ts';
import {
  bodySchema,
  choiceField,
  invalidRequest,
  nameField,
  numberField,
  numbersField,
  readBody,
  shown,
  wholeNumberField,
} from './body-field.ts';
import { type GatewayContext, type Handler, param, type Route } from './context.ts';
import { listSchema, PROFILE_SCHEMA } from './wire-schemas.ts';

const TAG = 'expectations';
const PATTERNS = ['steady', 'office-hours', 'hourly-batch', 'end-of-month'] as const;
const ANNOUNCEMENT_FIELDS = {
  clientType: nameField('client type', 'Kind of caller; `default` where left out.'),
  service: nameField('service', 'What the values are for; `default` where left out.'),
  rate: numberField(`Values per second expected while it lasts, at most ${DECLARED_RATE_MAX}.`),
  fromMs: wholeNumberField("Begin, in milliseconds since the epoch; the server's now where left out."),
  untilMs: wholeNumberField('End, in milliseconds since the epoch.'),
};
const PROFILE_FIELDS = {
  pattern: choiceField('How demand comes.', PATTERNS),
  rate: numberField(`Values per second while active, at most ${DECLARED_RATE_MAX}.`),
  restShare: numberField('Share of that rate outside, 0 to 1; 0 where left out.'),
  days: numbersField('Weekdays from 1 (Monday) to 7; of `end-of-month` days from the last, 1. Empty: every day.'),
  fromMinute: wholeNumberField('Begin, as minute of the local day; of `hourly-batch` of the hour.'),
  untilMinute: wholeNumberField('End, likewise; may lie in the next day or hour.'),
  utcOffsetMinutes: wholeNumberField('Local time minus UTC; 0 where left out.'),
};
const OF_QUERY = { service: { type: 'string' }, sequence: { type: 'string' } } as const;
const PROFILE_ERRORS = ['SEQ_UNKNOWN_PROFILE', 'SEQ_INVALID_NAME'] as const;

export const EXPECTATION_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/sequences/{name}/announcements',
    tag: TAG,
    summary: 'Announces a burst: stock is raised before it comes; the same begin again replaces it',
    body: { schema: bodySchema(ANNOUNCEMENT_FIELDS, ['rate', 'untilMs']), required: true },
    answer: { status: 202, description: 'As understood.', schema: ANNOUNCED_SCHEMA },
    errors: ['SEQ_UNKNOWN_SEQUENCE', 'SEQ_INVALID_NAME', 'SEQ_TOO_MANY_ANNOUNCEMENTS'],
    intake: true,
    handler: announceHandler,
  },
  {
    method: 'GET',
    path: '/v1/announcements',
    tag: TAG,
    summary: 'Announced bursts that are not over, by when they begin',
    answer: { status: 200, description: 'The bursts.', schema: listSchema('announcements', ANNOUNCEMENT_SCHEMA) },
    errors: [],
    intake: false,
    handler:
      ({ service }) =>
      () => ({ announcements: service.announcements() }),
  },
  {
    method: 'DELETE',
    path: '/v1/announcements/{sequence}/{clientType}/{service}/{fromMs}',
    tag: TAG,
    summary: 'Ends an announced burst, or takes it back before it begins',
    answer: { status: 204, description: 'It is over.' },
    errors: ['SEQ_UNKNOWN_ANNOUNCEMENT', 'SEQ_INVALID_REQUEST'],
    intake: true,
    handler: endHandler,
  },
  {
    method: 'GET',
    path: '/v1/profiles',
    tag: TAG,
    summary: 'What streams without a history are expected to ask for',
    answer: { status: 200, description: 'The profiles.', schema: listSchema('profiles', PROFILE_SCHEMA) },
    errors: [],
    intake: false,
    handler:
      ({ service }) =>
      () => ({ profiles: service.profiles() }),
  },
  {
    method: 'GET',
    path: '/v1/profiles/{clientType}',
    tag: TAG,
    summary: 'One profile: of the client type, or of one service or sequence of it',
    query: OF_QUERY,
    answer: { status: 200, description: 'The profile.', schema: PROFILE_SCHEMA },
    errors: PROFILE_ERRORS,
    intake: false,
    handler:
      ({ service }) =>
      (request) =>
        service.profile(profileNameOf(request)),
  },
  {
    method: 'PUT',
    path: '/v1/profiles/{clientType}',
    tag: TAG,
    summary: 'Sets what streams of a client type are expected to ask for before they have a history',
    query: OF_QUERY,
    body: { schema: bodySchema(PROFILE_FIELDS, ['pattern', 'rate']), required: true },
    answer: { status: 200, description: 'As set.', schema: PROFILE_SCHEMA },
    errors: ['SEQ_INVALID_NAME', 'SEQ_TOO_MANY_PROFILES'],
    intake: true,
    handler:
      ({ service }) =>
      (request) =>
        service.setProfile(profileNameOf(request), readBody(request.body, PROFILE_FIELDS, ['pattern', 'rate'])),
  },
  {
    method: 'DELETE',
    path: '/v1/profiles/{clientType}',
    tag: TAG,
    summary: 'Removes a profile',
    query: OF_QUERY,
    answer: { status: 204, description: 'It is gone.' },
    errors: PROFILE_ERRORS,
    intake: true,
    handler: removeHandler,
  },
];

function announceHandler({ service }: GatewayContext): Handler {
  return async (request, reply) => {
    const { fromMs = service.status().nowMs, ...given } = readBody(request.body, ANNOUNCEMENT_FIELDS, ['rate', 'untilMs']);
    if (!(given.rate > 0)) throw invalidRequest(`rate ${given.rate} is not above 0`);
    if (!(given.untilMs > fromMs)) throw invalidRequest(`untilMs ${given.untilMs} is not after fromMs ${fromMs}`);
    const announcement = { sequence: param(request, 'name'), fromMs, ...given };
    await service.announce(announcement);
    reply.code(202);
    return announcement;
  };
}

function endHandler({ service }: GatewayContext): Handler {
  return async (request, reply) => {
    const fromMs = Number(param(request, 'fromMs'));
    if (!Number.isSafeInteger(fromMs)) throw invalidRequest(`fromMs ${shown(param(request, 'fromMs'))} is not a whole number`);
    await service.endAnnouncement(['sequence', 'clientType', 'service'].map((part) => param(request, part)).join('/'), fromMs);
    reply.code(204);
    return null;
  };
}

function removeHandler({ service }: GatewayContext): Handler {
  return async (request, reply) => {
    await service.removeProfile(profileNameOf(request));
    reply.code(204);
    return null;
  };
}

function profileNameOf(request: FastifyRequest): ProfileName {
  const clientType = param(request, 'clientType');
  checkName('client type', clientType);
  const of: { service?: string; sequence?: string } = {};
  for (const [name, value] of Object.entries(request.query as Readonly<Record<string, unknown>>)) {
    if (name !== 'service' && name !== 'sequence') throw invalidRequest(`${name} is not one of service, sequence`);
    checkName(name, value);
    of[name] = value;
  }
  return { clientType, ...of };
}
