/** Requests made up from the OpenAPI document: as it asks for them, and with one thing wrong. */
import fc from 'fast-check';
import { openApiDocument } from '../../../workers/gateway/openapi.ts';

type Json = Readonly<Record<string, unknown>>;

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: Json;
}

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: { readonly 'application/json': { readonly schema: Json } } };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, { schema: Json }>> }>
  >;
}

export interface Documented {
  readonly path: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly operation: Operation;
}

export interface MadeUp {
  readonly method: Documented['method'];
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly payload?: string;
}

export const document = openApiDocument('1.2.3') as {
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Json;
};

export const operations: readonly Documented[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase() as Documented['method'], operation })),
);

/** Words that mean something to the service, so that requests get further than the first check. */
const WORDS = ['orders', 'invoices', 'few', 'pool-0', 'web', 'default', 'lstm', 'train-01', '7', '2026-01-01', 'INV-{value:04}', 'yearly'];
const text = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', '../..', '%00', '\u0000', "' or 1=1 --", 'a'.repeat(200)) },
);
/** A dot segment is another path, and an empty one too: nothing that a parameter can be. */
const segment = text.filter((each) => each !== '' && each !== '.' && each !== '..');
/** Where a sequence is named, one that exists most of the time: what it refuses is the more telling answer. */
const sequence = fc.oneof({ weight: 5, arbitrary: fc.constantFrom('orders', 'invoices', 'few') }, segment);
const junk = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(null, true, [], {}, -1, 0, 1.5, 1e308, 2 ** 53, '', 'NaN', '-0', '9'.repeat(19), '9'.repeat(30)),
);

/** Values that a schema allows. */
function allowed(schema: Json): fc.Arbitrary<unknown> {
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as unknown[]));
  if (Array.isArray(schema.oneOf)) return fc.oneof(...(schema.oneOf as Json[]).map(allowed));
  switch (schema.type) {
    case 'integer': {
      const { minimum = -(2 ** 53) + 1, maximum = 2 ** 53 - 1 } = schema as { minimum?: number; maximum?: number };
      const small = fc.integer({ min: Math.max(minimum, -3), max: Math.min(maximum, 40) });
      return fc.oneof({ weight: 4, arbitrary: small }, { weight: 1, arbitrary: fc.bigInt(BigInt(minimum), BigInt(maximum)).map(Number) });
    }
    case 'number':
      return fc.oneof(fc.integer({ min: 0, max: 1_000 }), fc.double({ noNaN: true, noDefaultInfinity: true }));
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(allowed((schema.items ?? {}) as Json), { maxLength: Math.min(4, Number(schema.maxItems ?? 4)) });
    case 'object':
      return objects(schema);
    case 'string':
      return typeof schema.pattern === 'string' ? fc.bigInt(-(10n ** 19n) + 1n, 10n ** 19n - 1n).map(String) : text;
    default:
      return junk;
  }
}

function objects(schema: Json): fc.Arbitrary<Json> {
  const properties = Object.entries((schema.properties ?? {}) as Readonly<Record<string, Json>>);
  const arbitraries = Object.fromEntries(properties.map(([name, each]) => [name, allowed(each)]));
  const required = (schema.required ?? []) as string[];
  const others = properties.map(([name]) => name).filter((name) => !required.includes(name));
  // All at once seldom make sense together: most objects say little more than they must.
  const some = fc.tuple(fc.record(arbitraries), fc.subarray(others, { maxLength: Math.min(2, others.length) }));
  const sparse = some.map(([full, chosen]) => Object.fromEntries([...required, ...chosen].map((name) => [name, full[name]])));
  return fc.oneof({ weight: 3, arbitrary: sparse }, fc.record(arbitraries, { requiredKeys: required })) as fc.Arbitrary<Json>;
}

/** What the body may be, now and then with a field too many, too few or of another kind, or no JSON at all. */
function bodies(schema: Json): fc.Arbitrary<string | undefined> {
  const good = objects(schema);
  const names = Object.keys((schema.properties ?? {}) as object);
  const field = names.length > 0 ? fc.constantFrom(...names) : fc.constant('field');
  const spoilt = fc.tuple(good, field, junk).map(([body, name, value]) => ({ ...body, [name]: value }));
  const lacking = fc
    .tuple(good, field)
    .map(([{ ...body }, name]) => Object.fromEntries(Object.entries(body).filter(([key]) => key !== name)));
  const crowded = fc.tuple(good, text, junk).map(([body, name, value]) => ({ ...body, [name]: value }));
  return fc.oneof(
    { weight: 5, arbitrary: good.map((each) => JSON.stringify(each)) },
    { weight: 2, arbitrary: spoilt.map((each) => JSON.stringify(each)) },
    { weight: 1, arbitrary: fc.oneof(lacking, crowded, junk).map((each) => JSON.stringify(each)) },
    { weight: 1, arbitrary: fc.constantFrom(undefined, '', '{', '{"__proto__":{"count":2}}', '[]', `"${'a'.repeat(20_000)}"`) },
  );
}

const printable = fc.string({ unit: fc.constantFrom(...'abcXYZ019 _-:.*"/,'), minLength: 1, maxLength: 24 }).map((each) => each.trim());

/** `ids` are of something that exists. */
export function requests({ path, method, operation }: Documented, ids: readonly string[] = []): fc.Arbitrary<MadeUp> {
  const { parameters = [], requestBody } = operation;
  const placed = (where: Parameter['in']): readonly Parameter[] => parameters.filter((each) => each.in === where);
  const known = ids.length > 0 ? fc.oneof(fc.constantFrom(...ids), segment) : segment;
  const part = (name: string): fc.Arbitrary<string> =>
    name === 'name' || name === 'sequence' ? sequence : name === 'id' || name === 'version' ? known : segment;
  const segments = Object.fromEntries(placed('path').map(({ name }) => [name, part(name)]));
  const queries = placed('query').map(({ name, schema }) => [name, fc.oneof({ weight: 3, arbitrary: allowed(schema) }, junk)] as const);
  const query = fc.record(Object.fromEntries(queries), { requiredKeys: [] });
  const stray = fc.oneof(
    { weight: 8, arbitrary: fc.constant<string[]>([]) },
    {
      weight: 1,
      arbitrary: fc.tuple(
        fc.constantFrom('dryrun', 'limit', '__proto__', ...placed('query').map(({ name }) => name)),
        text,
      ) as fc.Arbitrary<string[]>,
    },
  );
  const headers = fc.record(Object.fromEntries(placed('header').map(({ name }) => [name.toLowerCase(), printable])), { requiredKeys: [] });
  const body = requestBody === undefined ? fc.constant(undefined) : bodies(requestBody.content['application/json'].schema);
  const type = fc.oneof({ weight: 12, arbitrary: fc.constant('application/json') }, fc.constantFrom('text/plain', 'x', ''));
  return fc
    .tuple(fc.record(segments), query, stray, headers, body, type)
    .map(([inPath, inQuery, extra, inHeader, payload, contentType]) => {
      const pairs = Object.entries(inQuery).map(
        ([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
      );
      if (extra.length === 2) pairs.push(extra as [string, string]);
      const search = pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
      const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent((inPath as Record<string, string>)[name] ?? ''));
      return {
        method,
        url: search === '' ? filled : `${filled}?${search}`,
        headers: { ...(inHeader as Record<string, string>), ...(payload !== undefined && { 'content-type': contentType }) },
        ...(payload !== undefined && { payload }),
      };
    });
}
