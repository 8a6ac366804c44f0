/**
 * The invoicing service: HTTP in front, PostgreSQL behind, its numbers in the same database.
 * `SEQCAST_POSTGRES=postgres://… tsx examples/invoices/service.ts DATA_DIRECTORY [PORT] [CLOCK_AHEAD_MS]`
 *
 * POST /invoices · POST /drafts · POST /drafts/accept · POST /drafts/withdraw  {"order","branch","customer","cents"} · GET /report
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { type Answer, Invoicing, type Order } from './invoicing.ts';
import { openNumbering } from './numbering.ts';
import { reportOf } from './report.ts';
import { createTables, SEARCH_PATH } from './tables.ts';

const [dataDir = '.seqcast-invoices', port = '0', clockAheadMs = '0'] = process.argv.slice(2);
const connectionString = process.env.SEQCAST_POSTGRES ?? '';
const CONNECTIONS = 8;

const options = SEARCH_PATH;

const client = new pg.Client({ connectionString, options });
await client.connect();
await createTables(client);
await client.end();
const pool = new pg.Pool({ connectionString, options, max: CONNECTIONS, application_name: 'invoices' });
// A connection that ends while nobody uses it is replaced; one that is used tells its user.
pool.on('error', () => undefined);
pool.on('connect', (connected) => connected.on('error', () => undefined));

const numbering = await openNumbering(dataDir, connectionString, Number(clockAheadMs));
const invoicing = new Invoicing(pool, numbering, Number(clockAheadMs));

const server = createServer((request, response) => {
  answer(request, response).then(
    ([status, body]) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    (error: unknown) => response.writeHead(503).end(JSON.stringify({ error: String(error) })),
  );
});
server.listen(Number(port), '127.0.0.1', () => {
  console.log(`serving http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<Answer> {
  if (request.method === 'GET' && request.url === '/report') return [200, { branches: await reportOf(pool, numbering) }];
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const order = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Order & { readonly because?: string };
  const isGone = (): boolean => response.destroyed;
  switch (request.url) {
    case '/invoices':
      return await invoicing.invoice(order, isGone);
    case '/drafts':
      return await invoicing.draft(order);
    case '/drafts/accept':
      return await invoicing.accept(order);
    case '/drafts/withdraw':
      return await invoicing.withdraw(order, order.because ?? 'withdrawn');
    default:
      return [404, { error: `there is no ${request.url}` }];
  }
}
