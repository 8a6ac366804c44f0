/** Numbers without a gap: reserve, confirm, cancel, and the reports that explain every number which is not in use. */
import type { FastifyRequest } from 'fastify';
import type { ReportPageView, ReportRequest } from '../runtime/reservations/reservation-service.ts';
import { bodySchema, invalidRequest, type JsonSchema, numberField, readBody, shown, textField } from './body-field.ts';
import { type GatewayContext, type Handler, param, type Route } from './context.ts';
import { RESERVATION_SCHEMA, REUSE_SCHEMA, reportSchema, VOID_SCHEMA } from './reservation-schemas.ts';

const TAG = 'reservations';
const PATH = '/v1/sequences/{name}';
/** A reservation names its sequence: beside the routes below the sequence there are these, for whoever has kept the id alone. */
const BY_ID = '/v1/reservations';
const KEY_HEADER = 'idempotency-key';
/** Long enough for an invoice to be written and printed; who needs longer says so. */
const TTL_MS_DEFAULT = 60_000;
const LISTED_DEFAULT = 100;
/** A page of any report, as the store gives it. */
const LISTED_MAX = 1_000;

const RESERVE_FIELDS = {
  count: numberField('How many numbers, at most 10,000; 1 where left out.'),
  ttlMs: numberField(
    'How long they are held when nobody confirms or cancels, in milliseconds: a second to 30 days, a minute where left out.',
  ),
  owner: textField('Who asks, for people who read a void report.'),
};
const CONFIRM_FIELDS = { by: textField('Who confirms.') };
const CANCEL_FIELDS = { by: textField('Who cancels.'), because: textField('Why, for people who read a void report.') };
const PAGE_QUERY: Readonly<Record<string, JsonSchema>> = {
  from: { type: 'integer', minimum: 1, default: 1, description: 'Where the page begins: `next` of the one before.' },
  limit: { type: 'integer', minimum: 1, maximum: LISTED_MAX, default: LISTED_DEFAULT },
  generation: { type: 'integer', description: 'An earlier generation; the living one where left out.' },
};

export const RESERVATION_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: `${PATH}/reservations`,
    tag: TAG,
    summary: 'Reserves the next numbers of a gapless sequence; given up ones come first',
    headers: {
      'Idempotency-Key': {
        type: 'string',
        description: 'Needed. The same key gives the same answer for ever; another request under it is refused.',
      },
    },
    body: { schema: bodySchema(RESERVE_FIELDS), required: false },
    answer: {
      status: 201,
      description: 'They are held (200 where they were already, for the same key).',
      schema: RESERVATION_SCHEMA,
      also: { status: 200, description: 'They were held already, for the same key.', schema: RESERVATION_SCHEMA },
    },
    errors: [
      'SEQ_INVALID_COUNT',
      'SEQ_UNKNOWN_SEQUENCE',
      'SEQ_REQUEST_CONFLICT',
      'SEQ_EXHAUSTED',
      'SEQ_UNSUPPORTED',
      'SEQ_TOO_MANY_RESERVATIONS',
      'SEQ_TOO_MANY_WAITING',
      'SEQ_GRANT_AWAITED',
      'SEQ_LINEAGE_BROKEN',
    ],
    intake: true,
    handler: reserveHandler,
  },
  ...[`${PATH}/reservations`, BY_ID].flatMap(routesOfOne),
  {
    method: 'GET',
    path: `${PATH}/voids`,
    tag: TAG,
    summary: 'Every number up to the highest one reserved that is not confirmed: why, when and by whom',
    query: PAGE_QUERY,
    answer: { status: 200, description: 'The numbers, ascending.', schema: reportSchema('voids', VOID_SCHEMA) },
    errors: ['SEQ_INVALID_REQUEST', 'SEQ_UNKNOWN_SEQUENCE', 'SEQ_UNSUPPORTED'],
    intake: false,
    handler: reportHandler('voids', ({ service }, request) => service.reservations().voids(request)),
  },
  {
    method: 'GET',
    path: `${PATH}/reuses`,
    tag: TAG,
    summary: 'Every number that one reservation gave up and another one got',
    query: PAGE_QUERY,
    answer: { status: 200, description: 'In the order in which it happened.', schema: reportSchema('reuses', REUSE_SCHEMA) },
    errors: ['SEQ_INVALID_REQUEST', 'SEQ_UNKNOWN_SEQUENCE', 'SEQ_UNSUPPORTED'],
    intake: false,
    handler: reportHandler('reuses', ({ service }, request) => service.reservations().reuses(request)),
  },
];

/** What is asked of one reservation, wherever its path begins. */
function routesOfOne(path: string): readonly Route[] {
  return [
    {
      method: 'GET',
      path: `${path}/{id}`,
      tag: TAG,
      summary: 'One reservation as it is now',
      answer: { status: 200, description: 'The reservation.', schema: RESERVATION_SCHEMA },
      errors: ['SEQ_UNKNOWN_RESERVATION', 'SEQ_UNSUPPORTED'],
      intake: false,
      handler:
        ({ service }) =>
        (request) =>
          service.reservations().find(sequenceIn(request), param(request, 'id')),
    },
    {
      method: 'POST',
      path: `${path}/{id}/confirm`,
      tag: TAG,
      summary: 'Confirms a reservation: its numbers are in use for ever',
      body: { schema: bodySchema(CONFIRM_FIELDS), required: false },
      answer: { status: 200, description: 'The reservation; the same again changes nothing.', schema: RESERVATION_SCHEMA },
      errors: ['SEQ_UNKNOWN_RESERVATION', 'SEQ_RESERVATION_CANCELLED', 'SEQ_RESERVATION_EXPIRED', 'SEQ_UNSUPPORTED'],
      // Welcome while draining: what is confirmed now need not be given up.
      intake: false,
      handler:
        ({ service }) =>
        (request) => {
          const { by = '' } = readBody(request.body ?? {}, CONFIRM_FIELDS);
          return service.reservations().confirm({ sequence: sequenceIn(request), id: param(request, 'id'), by });
        },
    },
    {
      method: 'POST',
      path: `${path}/{id}/cancel`,
      tag: TAG,
      summary: 'Cancels a reservation: its numbers are the next to be reserved',
      body: { schema: bodySchema(CANCEL_FIELDS), required: false },
      answer: { status: 200, description: 'The reservation; the same again changes nothing.', schema: RESERVATION_SCHEMA },
      errors: ['SEQ_UNKNOWN_RESERVATION', 'SEQ_RESERVATION_CONFIRMED', 'SEQ_UNSUPPORTED'],
      intake: false,
      handler:
        ({ service }) =>
        (request) => {
          const { by = '', because = '' } = readBody(request.body ?? {}, CANCEL_FIELDS);
          return service.reservations().cancel({ sequence: sequenceIn(request), id: param(request, 'id'), by, because });
        },
    },
  ];
}

/** Undefined where the id stands alone. */
function sequenceIn(request: FastifyRequest): string | undefined {
  const name = param(request, 'name');
  return name === '' ? undefined : name;
}

function reserveHandler({ service }: GatewayContext): Handler {
  return async (request, reply) => {
    const key = request.raw.headers[KEY_HEADER];
    if (typeof key !== 'string') throw invalidRequest(`the header ${KEY_HEADER} is missing: whoever asks again must be known`);
    const { count = 1, ttlMs = TTL_MS_DEFAULT, owner = '' } = readBody(request.body ?? {}, RESERVE_FIELDS);
    const { repeated, ...reservation } = await service
      .reservations()
      .reserve({ sequence: param(request, 'name'), key, count, ttlMs, owner });
    reply.code(repeated ? 200 : 201);
    return reservation;
  };
}

function reportHandler<T>(
  name: 'voids' | 'reuses',
  ask: (context: GatewayContext, request: ReportRequest) => Promise<ReportPageView<T>>,
): (context: GatewayContext) => Handler {
  return (context) => async (request) => {
    const { from = 1, limit = LISTED_DEFAULT, generation } = request.query as Readonly<Record<string, unknown>>;
    const page = await ask(context, {
      sequence: param(request, 'name'),
      from: wholeNumber('from', from, Number.MAX_SAFE_INTEGER),
      limit: wholeNumber('limit', limit, LISTED_MAX),
      ...(generation !== undefined && { generation: wholeNumber('generation', generation, Number.MAX_SAFE_INTEGER, 0) }),
    });
    const { entries, ...rest } = page;
    return { ...rest, [name]: entries };
  };
}

function wholeNumber(name: string, value: unknown, max: number, min = 1): number {
  const number = Number(value);
  if (value !== '' && Number.isSafeInteger(number) && number >= min && number <= max) return number;
  throw invalidRequest(`${name} ${shown(value)} is not a whole number from ${min} to ${max}`);
}
