/**
 * Where gateways reach the transaction pool: a port of its own beside the process's HTTP gateway, for processes only. Whoever may ask here
 * may reserve and confirm anything, so it listens on this machine alone unless there is a secret that all processes share.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { SequenceError } from '../../../core/errors.ts';
import { BODY_BYTES_MAX } from '../../../core/limits.ts';
import { fromWire, POOL_CALL_NAMES, type PoolCalls, type PoolQuestion, type PoolReply, refusalReply, toWire } from './pool-calls.ts';

/** Gateways keep a hundred or so each. */
const CONNECTIONS_MAX = 4_096;
/** A question of at most 16 KiB between processes of one installation. */
const QUESTION_MS_MAX = 10_000;
/** Longer than a busy gateway is quiet. */
const IDLE_MS_MAX = 60_000;
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/;
const EVERYWHERE = new Set(['0.0.0.0', '::']);

export interface PoolDoorOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly secret: string | undefined;
  /** Undefined while this process does not run the pool. */
  readonly calls: () => PoolCalls | undefined;
  /** Resolves once this process knows what the asking one does. */
  readonly caughtUp: (seen: NonNullable<PoolQuestion['seen']>) => Promise<void>;
}

export interface PoolDoor {
  readonly url: string;
  close(): Promise<void>;
}

export async function openPoolDoor(options: PoolDoorOptions): Promise<PoolDoor> {
  const { host, port, secret } = options;
  if (secret === undefined && !LOOPBACK.test(host)) {
    const message = `--transactions-host ${host} is open to other machines: set SEQCAST_TRANSACTIONS_SECRET, the same in every process`;
    throw new SequenceError('SEQ_CONFIG_INVALID', message);
  }
  const server = createServer({ requestTimeout: QUESTION_MS_MAX, keepAliveTimeout: IDLE_MS_MAX }, (request, response) => {
    void answer(options, request, response);
  });
  server.maxConnections = CONNECTIONS_MAX;
  await listening(server, host, port);
  const bound = (server.address() as AddressInfo).port;
  const name = EVERYWHERE.has(host) ? hostname() : host.includes(':') ? `[${host}]` : host;
  return { url: `http://${name}:${bound}`, close: () => closed(server) };
}

/** The header that carries the secret; empty where there is none. */
export function secretHeader(secret: string | undefined): Readonly<Record<string, string>> {
  return secret === undefined ? {} : { authorization: `Bearer ${secret}` };
}

async function answer(options: PoolDoorOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    if (!isKnown(options.secret, request.headers.authorization)) return send(response, 401, refusalReply(unknownAsker()));
    const reply = await replyTo(options, await bodyOf(request));
    send(response, 200, reply);
  } catch (error) {
    send(response, 200, refusalReply(error));
  }
}

async function replyTo({ calls, caughtUp }: PoolDoorOptions, text: string): Promise<PoolReply> {
  const { call, of, seen } = fromWire(text) as PoolQuestion;
  if (!POOL_CALL_NAMES.includes(call))
    throw new SequenceError('SEQ_INVALID_REQUEST', `the transaction pool is not asked for ${String(call)}`);
  if (seen !== undefined) await caughtUp(seen);
  const known = calls();
  if (known === undefined) throw new SequenceError('SEQ_NOT_READY', 'this process does not run the transaction pool now');
  return { answer: await (known[call] as (of: unknown) => Promise<unknown>)(of) };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw new SequenceError('SEQ_BODY_TOO_LARGE', `the question exceeds ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, reply: PoolReply): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json' }).end(toWire(reply));
}

/** Compared in constant time: as hashes, which are alike in length. */
function isKnown(secret: string | undefined, given: string | undefined): boolean {
  if (secret === undefined) return true;
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(`Bearer ${secret}`), hash(given ?? ''));
}

function unknownAsker(): SequenceError {
  const message = 'the transaction pool does not know the secret of this gateway: set SEQCAST_TRANSACTIONS_SECRET alike in every process';
  return new SequenceError('SEQ_CONFIG_INVALID', message);
}

async function listening(server: Server, host: string, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, resolve);
    });
  } catch (error) {
    const { code } = error as { readonly code?: string };
    if (code === 'EADDRINUSE')
      throw new SequenceError('SEQ_PORT_IN_USE', `port ${port} of ${host}, for the transaction pool, is taken`, { host, port });
    throw new SequenceError('SEQ_CONFIG_INVALID', `--transactions-host ${host} cannot be listened on (${code ?? String(error)})`, { host });
  }
}

async function closed(server: Server): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await ended;
}
