/** What the process knows of itself: status, streams and why their shards have their size, topology, audit. */
import { EXPLANATION_SCHEMA, MEMBER_SCHEMA, STATUS_SCHEMA, STREAM_SCHEMA } from './answer-schemas.ts';
import { AUDIT_ROUTES } from './audit-route.ts';
import { invalidRequest, type JsonSchema, shown } from './body-field.ts';
import { type GatewayContext, type Handler, param, type Route } from './context.ts';
import { PAGE_QUERY, pageOf, pageSchema } from './page.ts';
import { WHAT_IF_ROUTE } from './what-if-route.ts';
import { listSchema } from './wire-schemas.ts';

const TAG = 'insight';
const TEXT_TYPE = 'text/plain; charset=utf-8';
/** As many as a screen shows; their names fit a request line. */
const ONLY_MAX = 100;
const ONLY_LENGTH_MAX = 8_000;
const ONLY_QUERY: JsonSchema = {
  type: 'string',
  maxLength: ONLY_LENGTH_MAX,
  description: `Only these streams, with commas between, at most ${ONLY_MAX}: as they were within the last second, in little time.`,
  examples: ['orders/web/checkout,orders/web/returns'],
};

export const INSIGHT_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/status',
    tag: TAG,
    summary: 'State of the process and of every stream',
    answer: { status: 200, description: 'The status.', schema: STATUS_SCHEMA },
    errors: [],
    intake: false,
    handler:
      ({ service }) =>
      () =>
        service.status(),
  },
  {
    method: 'GET',
    path: '/v1/streams',
    tag: TAG,
    summary: 'Every stream: demand, forecast, stock, stalls; in pages, by name',
    query: { ...PAGE_QUERY, only: ONLY_QUERY },
    answer: { status: 200, description: 'Streams.', schema: pageSchema('streams', STREAM_SCHEMA) },
    errors: ['SEQ_INVALID_REQUEST'],
    intake: false,
    handler:
      ({ service }) =>
      ({ query }) => {
        const only = onlyOf(query);
        const streams = only === undefined ? service.status().streams : service.live().rows(only);
        const { items, ...page } = pageOf(streams, query, ({ stream }) => stream);
        return { streams: items, ...page };
      },
  },
  {
    method: 'GET',
    path: '/v1/streams/{sequence}/{clientType}/{service}/explain',
    tag: TAG,
    summary: 'Why the last shards of a stream have the size they have',
    answer: { status: 200, description: 'In sentences and numbers, newest first.', schema: EXPLANATION_SCHEMA },
    errors: ['SEQ_UNKNOWN_STREAM'],
    intake: false,
    handler:
      ({ service }) =>
      (request) =>
        service.explain(['sequence', 'clientType', 'service'].map((part) => param(request, part)).join('/')),
  },
  WHAT_IF_ROUTE,
  {
    method: 'GET',
    path: '/v1/members',
    tag: TAG,
    summary: 'Processes and pools of the installation: who owns what, since when, and who took over',
    answer: { status: 200, description: 'Everybody heard of lately.', schema: listSchema('members', MEMBER_SCHEMA) },
    errors: [],
    intake: false,
    handler:
      ({ service }) =>
      () => ({ members: service.members() }),
  },
  {
    method: 'GET',
    path: '/v1/topology',
    tag: TAG,
    summary: 'Stages and topics, as text or as a Mermaid flow chart',
    query: { format: { type: 'string', enum: ['text', 'mermaid'], default: 'text' } },
    answer: { status: 200, description: 'The topology.', contentType: TEXT_TYPE },
    errors: [],
    intake: false,
    handler: topologyHandler,
  },
  ...AUDIT_ROUTES,
];

/** Each once, however often it is named. */
function onlyOf(query: unknown): readonly string[] | undefined {
  const { only } = query as { readonly only?: unknown };
  if (only === undefined) return undefined;
  if (typeof only !== 'string' || only.length > ONLY_LENGTH_MAX) throw invalidRequest(`only ${shown(only)} is not a list of streams`);
  const names = [...new Set(only.split(','))];
  if (names.length > ONLY_MAX) throw invalidRequest(`only names ${names.length} streams: ${ONLY_MAX} at most`);
  return names;
}

function topologyHandler({ service }: GatewayContext): Handler {
  return (request, reply) => {
    const { format = 'text' } = request.query as { format?: unknown };
    if (format !== 'text' && format !== 'mermaid') throw invalidRequest(`format ${shown(format)} is not one of text, mermaid`);
    reply.header('content-type', TEXT_TYPE);
    return service.topology(format);
  };
}
