/** Questions about what was, answered from the archive: usage, burns, and how well forecasts did. */
import { type ArchivePage, type ArchiveService, type ArchiveSpan, USAGE_GROUPS } from '../runtime/analytics/archive-views.ts';
import { invalidRequest, type JsonSchema, shown } from './body-field.ts';
import type { GatewayContext, Handler, Route } from './context.ts';
import { objectSchema } from './wire-schemas.ts';

const TAG = 'analytics';
const LISTED_DEFAULT = 100;
const LISTED_MAX = 1_000;
const SPAN_QUERY: Readonly<Record<string, JsonSchema>> = {
  sequence: { type: 'string', description: 'Of this sequence only.' },
  fromMs: { type: 'integer', description: 'In milliseconds since the epoch; a day before toMs where left out.' },
  toMs: { type: 'integer', description: "One past the last; the server's now where left out." },
  limit: { type: 'integer', minimum: 1, maximum: LISTED_MAX, default: LISTED_DEFAULT },
  offset: { type: 'integer', minimum: 0, default: 0, description: 'What `next` of the page before says.' },
};
const DESCRIPTION = 'Rows; `rolledUpToMs` says how far the archive reaches, `note` what is missing, `next` where the next page begins.';

export const ANALYTICS_ROUTES: readonly Route[] = [
  route('usage', 'What was asked for and given out over a span, by client type, service, hour, stream or sequence', usageHandler, {
    by: { type: 'string', enum: [...USAGE_GROUPS], default: 'client-type' },
  }),
  route('burns', 'What pools lost, largest first: which pool and life, of which sequence, how many values, when and why', ({ service }) => {
    return (request) => service.archive().burns(spanOf(request.query));
  }),
  route('forecast-errors', 'Archived forecasts against what was asked for after them, by stream, largest error first', ({ service }) => {
    return (request) => service.archive().forecastErrors(spanOf(request.query));
  }),
];

function route(name: string, summary: string, handler: Route['handler'], query: Route['query'] = {}): Route {
  return {
    method: 'GET',
    path: `/v1/analytics/${name}`,
    tag: TAG,
    summary,
    query: { ...query, ...SPAN_QUERY },
    answer: { status: 200, description: DESCRIPTION, schema: objectSchema('ArchivePage') },
    errors: ['SEQ_INVALID_REQUEST', 'SEQ_UNSUPPORTED', 'SEQ_TOO_MANY_WAITING'],
    intake: false,
    handler,
  };
}

function usageHandler({ service }: GatewayContext): Handler {
  return (request): Promise<ArchivePage<unknown>> => {
    const { by = 'client-type' } = request.query as { by?: unknown };
    const known = USAGE_GROUPS.find((each) => each === by);
    if (known === undefined) throw invalidRequest(`by ${shown(by)} is not one of ${USAGE_GROUPS.join(', ')}`);
    const archive: ArchiveService = service.archive();
    return archive.usage(spanOf(request.query), known);
  };
}

/** What the numbers may be is judged where the archive is asked. */
function spanOf(query: unknown): ArchiveSpan {
  const { sequence, fromMs, toMs, limit, offset } = query as Readonly<Record<string, unknown>>;
  if (sequence !== undefined && typeof sequence !== 'string') throw invalidRequest(`sequence ${shown(sequence)} is not one name`);
  return {
    ...(sequence !== undefined && { sequence }),
    ...(fromMs !== undefined && { fromMs: numberOf('fromMs', fromMs) }),
    ...(toMs !== undefined && { toMs: numberOf('toMs', toMs) }),
    limit: limit === undefined ? LISTED_DEFAULT : numberOf('limit', limit),
    offset: offset === undefined ? 0 : numberOf('offset', offset),
  };
}

function numberOf(name: string, text: unknown): number {
  if (typeof text === 'string' && /^\d{1,15}$/.test(text)) return Number(text);
  throw invalidRequest(`${name} ${shown(text)} is not a whole number`);
}
