/** The OpenAPI document says what is served. */
import { describe, expect, it } from 'vitest';
import { NEXT_SCHEMA, readNext } from '../../../workers/gateway/next-request.ts';
import { openApiDocument } from '../../../workers/gateway/openapi.ts';
import { ROUTES } from '../../../workers/gateway/route-table.ts';
import { served } from './served.ts';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly responses: Readonly<Record<string, unknown>>;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}

const document = openApiDocument('1.2.3') as {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

describe('the OpenAPI document', () => {
  it('is version 3.1 and has every route', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(operations).toHaveLength(ROUTES.length);
  });

  it('names each operation once, with every path parameter', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations) {
      const named = (operation.parameters ?? []).filter((each) => each.in === 'path').map(({ name }) => `{${name}}`);
      expect(named).toEqual(path.match(/\{\w+\}/g) ?? []);
    }
  });

  it('gives every refusal the same shape', () => {
    const next = document.paths['/v1/sequences/{name}/next']?.post;
    expect(next?.responses['503']).toEqual({
      description: 'SEQ_WAIT_TIMEOUT, SEQ_NOT_READY',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    });
  });

  it('knows the same fields of next as the reader', () => {
    const samples: Readonly<Record<string, unknown>> = {
      count: 2,
      clientType: 'a',
      service: 'b',
      clientId: 'c',
      as: 'blocks',
      numbered: true,
    };
    expect(Object.keys(NEXT_SCHEMA.properties as object)).toEqual(Object.keys(samples));
    for (const [field, value] of Object.entries(samples)) expect(() => readNext('orders', { [field]: value }, undefined)).not.toThrow();
  });
});

describe('the page at /docs', () => {
  it('is served from local files, with the document', async () => {
    const { get } = await served();
    const page = await get('/docs/');
    expect(page.statusCode).toBe(200);
    expect(page.body).not.toMatch(/https?:\/\//);
    expect((await get('/docs')).statusCode).toBe(200);
    expect((await get('/docs/static/swagger-ui.css')).statusCode).toBe(200);
    expect((await get('/docs/json')).json().info).toMatchObject({ title: 'seqcast', version: '0.1.0' });
    expect((await get('/docs/nothing')).statusCode).toBe(404);
  });
});
