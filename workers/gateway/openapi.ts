/** The OpenAPI 3.1 document, drawn from the route table: what it says is what is served. */
import { ERROR_CATALOGUE, type ErrorCode } from '../../core/errors.ts';
import type { JsonSchema } from './body-field.ts';
import type { Route } from './context.ts';
import { PROBLEM_TYPE } from './problem.ts';
import { ROUTES } from './route-table.ts';
import { needOf, refusalsBefore } from './security/route-needs.ts';
import { PROBLEM_SCHEMA } from './wire-schemas.ts';

const DESCRIPTION = 'Sequence values that are never given out twice. Values are text. Every refusal is a problem (RFC 9457) with a `code`.';
/** What each tag is for, in the order of the page. */
const TAGS = {
  sequences: 'Definitions',
  values: 'Taking values, giving them back',
  reservations: 'Numbers without a gap',
  clients: 'Route table',
  expectations: 'Profiles of client types, and bursts to come',
  insight: 'How it is going',
  analytics: 'What was, from the archive',
  operations: 'Records that were put aside, jobs, and pools',
  bulk: 'Many values at once, by jobs',
  adoptions: 'Sequences that still count as another generator does',
  models: 'Models that are trained',
  keys: 'API keys, and the log of administrative acts',
  compatibility: 'Routes of other generators, where `compat` asks for them',
  health: 'For machines',
};

export function openApiDocument(version: string, routes: readonly Route[] = ROUTES): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routes) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = operationOf(route);
    paths[route.path] = operations;
  }
  return {
    openapi: '3.1.0',
    info: { title: 'seqcast', version, description: DESCRIPTION, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    // Without a key where the server asks for none: on its own machine, unless it is told otherwise.
    security: [{ apiKey: [] }, {}],
    components: {
      schemas: { Problem: PROBLEM_SCHEMA },
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'What `seqcast keys create` showed.' } },
    },
  };
}

function operationOf(route: Route): JsonSchema {
  const { tag, summary, body } = route;
  const parameters = parametersOf(route);
  return {
    operationId: `${route.method.toLowerCase()}${route.path.replaceAll(/[^A-Za-z]+([A-Za-z])/g, (_, letter: string) => letter.toUpperCase()).replaceAll(/[^A-Za-z]/g, '')}`,
    tags: [tag],
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: { required: body.required, content: { 'application/json': { schema: body.schema } } } }),
    responses: { ...refusalsOf(route), ...answerOf(route) },
  };
}

function parametersOf({ path, query = {}, headers = {} }: Route): JsonSchema[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  const inQuery = Object.entries(query).map(([name, schema]) => ({ name, in: 'query', required: false, schema }));
  const inHeader = Object.entries(headers).map(([name, schema]) => ({ name, in: 'header', required: false, schema }));
  return [...inPath, ...inQuery, ...inHeader];
}

function answerOf({ answer: { status, description, schema, contentType, also } }: Route): JsonSchema {
  const content =
    schema !== undefined
      ? { 'application/json': { schema } }
      : contentType !== undefined
        ? { [contentType]: { schema: { type: 'string' } } }
        : undefined;
  const other = also && { [also.status]: { description: also.description, content: { 'application/json': { schema: also.schema } } } };
  return { [status]: { description, ...(content !== undefined && { content }) }, ...other };
}

/** Codes that share a status share an entry, as OpenAPI wants it. */
function refusalsOf(route: Route): JsonSchema {
  const { errors, intake, body, query, path } = route;
  const codes = new Set<ErrorCode>([
    ...errors,
    ...(path.startsWith('/v1/sequences/{name}') ? (['SEQ_INVALID_NAME'] as const) : []),
    ...(query !== undefined ? (['SEQ_INVALID_REQUEST'] as const) : []),
    ...refusalsBefore(needOf(route)),
    ...(body !== undefined ? (['SEQ_INVALID_REQUEST', 'SEQ_BODY_TOO_LARGE'] as const) : []),
    ...(intake ? (['SEQ_NOT_READY'] as const) : []),
  ]);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { httpStatus } = ERROR_CATALOGUE[code];
    byStatus.set(httpStatus, [...(byStatus.get(httpStatus) ?? []), code]);
  }
  const schema = { $ref: '#/components/schemas/Problem' };
  const contentType = PROBLEM_TYPE.split(';')[0] ?? PROBLEM_TYPE;
  return Object.fromEntries(
    [...byStatus].map(([status, each]) => [status, { description: each.join(', '), content: { [contentType]: { schema } } }]),
  );
}
