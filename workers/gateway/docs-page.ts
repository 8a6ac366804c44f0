/**
 * The OpenAPI page at /docs, from local files only. It is a server of its own inside the gateway, made on the first look: nobody
 * who only wants values should wait for it at start.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Route } from './context.ts';
import { openApiDocument } from './openapi.ts';

export type RawHandler = (request: IncomingMessage, response: ServerResponse) => void;

export const DOCS_PREFIX = '/docs';

export async function docsPage(version: string, routes: readonly Route[]): Promise<RawHandler> {
  const [{ default: fastify }, { default: swagger }, { default: swaggerUi }] = await Promise.all([
    import('fastify'),
    import('@fastify/swagger'),
    import('@fastify/swagger-ui'),
  ]);
  const app = fastify();
  // The document is ours, and newer than the types that the plugin was written with.
  const document = openApiDocument(version, routes) as never;
  await app.register(swagger, { mode: 'static', specification: { document } });
  await app.register(swaggerUi, { routePrefix: DOCS_PREFIX, theme: { title: 'seqcast HTTP interface' } });
  await app.ready();
  return (request, response) => app.routing(request, response);
}
