/** Whatever is sent, the gateway answers as its document says: never an unforeseen error, never a code that a caller was not told of. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import type { LightMyRequestResponse } from 'fastify';
import { describe, expect, it } from 'vitest';
import { createGateway, type Gateway } from '../../../workers/gateway/gateway.ts';
import { opened } from '../embedded/scratch-directory.ts';
import { type Documented, document, type MadeUp, operations, requests } from './document-requests.ts';
import { served } from './served.ts';

/** Routes times these are some thousand requests in some seconds. */
const RUNS_IN_MEMORY = 80;
const RUNS_IN_EARNEST = 50;
/** Routes of which at least one request succeeded; some need an id that nobody made up. */
const HELPFUL_SHARE_MIN = 0.6;

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
ajv.addSchema({ $id: 'document', components: document.components });

/** What a test can do by the hundred: jobs, trainings and the audit of a whole ledger are asked for in memory only. */
const REAL_TAGS = ['sequences', 'values', 'reservations', 'clients', 'expectations', 'insight'];

/** One answer never ends: it has a test of its own. What drops and restarts comes last, so that the others have something to work on. */
const ending = operations.filter(({ path }) => path !== '/v1/events').toSorted((a, b) => rankOf(a) - rankOf(b));

function rankOf({ method, path }: Documented): number {
  if (method === 'DELETE' || path.endsWith('/cancel')) return 2;
  return method === 'PATCH' || path.endsWith('/restart') ? 1 : 0;
}

async function mustBeAsDocumented(gateway: Gateway, { operation, method, path }: Documented, request: MadeUp): Promise<boolean> {
  const answer = await gateway.inject(request);
  const what = `${method} ${request.url} ${request.payload?.slice(0, 200) ?? ''} -> ${answer.statusCode} ${answer.body.slice(0, 300)}`;
  expect(answer.statusCode, what).not.toBe(500);
  const entry = operation.responses[answer.statusCode];
  expect(entry, `${method} ${path} does not document ${what}`).toBeDefined();
  if (answer.statusCode >= 400) {
    expect(answer.headers['content-type'], what).toMatch(/^application\/problem\+json/);
    const { code } = mustFit(answer, { $ref: 'document#/components/schemas/Problem' }, what) as { code: string };
    expect(entry?.description.split(', '), what).toContain(code);
    return false;
  }
  const schema = entry?.content?.['application/json']?.schema;
  if (schema !== undefined) mustFit(answer, schema, what);
  return true;
}

const compiled = new WeakMap<object, ReturnType<Ajv2020['compile']>>();
const PROBLEM = { $ref: 'document#/components/schemas/Problem' };

function mustFit(answer: LightMyRequestResponse, schema: object, what: string): unknown {
  const key = '$ref' in schema ? PROBLEM : schema;
  const validate = compiled.get(key) ?? ajv.compile(JSON.parse(JSON.stringify(key).replaceAll('"#/', '"document#/')) as object);
  compiled.set(key, validate);
  const body: unknown = answer.json();
  expect(validate(body) ? [] : validate.errors, what).toEqual([]);
  return body;
}

/** The first contradiction of every route, with its seed; not the smallest, for which a busy machine would look too long. */
async function contradictions(
  gateway: Gateway,
  routes: readonly Documented[],
  numRuns: number,
  ids: readonly string[] = [],
): Promise<readonly string[]> {
  const found: string[] = [];
  const helpful = new Set<Documented>();
  for (const documented of routes) {
    const property = fc.asyncProperty(requests(documented, ids), async (request) => {
      if (await mustBeAsDocumented(gateway, documented, request)) helpful.add(documented);
    });
    const { failed, seed, errorInstance } = await fc.check(property, { numRuns, endOnFailure: true });
    if (failed) found.push(`seed ${seed}: ${String(errorInstance)}`);
  }
  // Requests that are all refused would prove little.
  expect(helpful.size / routes.length).toBeGreaterThan(HELPFUL_SHARE_MIN);
  return found;
}

describe('every route, asked for in earnest and in error', () => {
  it('answers as the document says', async () => {
    const { gateway, logged, get } = await served('orders', 'invoices', 'few');
    const { models } = (await get('/v1/models')).json() as { readonly models: readonly { readonly version: string }[] };
    const versions = models.map(({ version }) => version);
    expect(await contradictions(gateway, ending, RUNS_IN_MEMORY, versions)).toEqual([]);
    expect(logged).toEqual([]);
  });

  it('answers so too where values are really given out', async () => {
    const service = await opened();
    await service.create('orders', {});
    await service.create('invoices', { guarantee: 'gapless', format: 'R-{value:05}' });
    await service.create('few', { max: 40n });
    const held: string[] = [];
    for (const key of ['a', 'b', 'c'])
      held.push((await service.reservations().reserve({ sequence: 'invoices', key, count: 2, ttlMs: 60_000, owner: '' })).id);
    const logged: unknown[] = [];
    const gateway = createGateway({ service, logger: { error: (details) => void logged.push(details) } });
    const real = ending.filter(({ path, operation }) => REAL_TAGS.includes(operation.tags[0] ?? '') && path !== '/v1/audit');
    expect(await contradictions(gateway, real, RUNS_IN_EARNEST, held)).toEqual([]);
    expect(logged).toEqual([]);
  });
});
