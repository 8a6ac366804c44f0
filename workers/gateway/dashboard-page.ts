/**
 * The dashboard at /: files that the build made, read on the first look and kept in memory, with what the browser may do said as narrowly
 * as it can be. File names carry a hash of what is inside, so that a browser keeps them for good; the page itself is asked for each time.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SequenceError } from '../../core/errors.ts';

/** Where the build put it, seen from the built gateway and from its source. */
const PLACES = ['../../web/', '../../dist/web/'] as const;
/** Best first. */
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;
const TYPES: Readonly<Record<string, string>> = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' };
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'none'",
].join('; ');
const HEADERS = { 'content-security-policy': POLICY, 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };
const NOT_BUILT = `<!doctype html>
<html lang="en"><title>seqcast</title><h1>seqcast</h1>
<p>The dashboard was not built: <code>npm run build</code> builds it. Meanwhile there is <a href="v1/status">the status as JSON</a> and
<a href="docs">what can be asked over HTTP</a>.</p></html>
`;

interface Dashboard {
  readonly html: string;
  readonly assets: ReadonlyMap<string, Buffer>;
}

export function addDashboard(app: FastifyInstance): void {
  let read: Dashboard | undefined;
  const dashboard = (): Dashboard => {
    read ??= readDashboard();
    return read;
  };
  app.get('/', (_request, reply) =>
    reply.headers({ ...HEADERS, 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' }).send(dashboard().html),
  );
  app.get('/assets/:file', (request: FastifyRequest, reply) => {
    const { file } = request.params as { file: string };
    return sendAsset(dashboard(), file, request, reply);
  });
}

/** Only names that were read are served: no path leads anywhere else. */
function sendAsset({ assets }: Dashboard, file: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const type = TYPES[file.slice(file.lastIndexOf('.') + 1)];
  const plain = assets.get(file);
  if (plain === undefined || type === undefined) throw new SequenceError('SEQ_UNKNOWN_ROUTE', `there is no GET /assets/${file}`);
  const accepted = String(request.headers['accept-encoding'] ?? '').split(/[\s,;]+/);
  const [encoding, ending] = ENCODINGS.find(([name, suffix]) => accepted.includes(name) && assets.has(file + suffix)) ?? [];
  reply.headers({ ...HEADERS, 'content-type': type, 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' });
  if (encoding !== undefined) reply.header('content-encoding', encoding);
  return reply.send(ending === undefined ? plain : assets.get(file + ending));
}

function readDashboard(): Dashboard {
  const place = PLACES.map((path) => new URL(path, import.meta.url)).find((url) => existsSync(new URL('assets/', url)));
  if (place === undefined) return { html: NOT_BUILT, assets: new Map() };
  const folder = new URL('assets/', place);
  const assets = new Map(readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder))]));
  return { html: readFileSync(new URL('index.html', place), 'utf8'), assets };
}
