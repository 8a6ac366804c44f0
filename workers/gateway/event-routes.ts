/**
 * What happens now, as server-sent events, and the last quarter of an hour of a stream. A listener that reads too slowly is let go: its
 * browser comes back by itself, says the last event it has, and misses nothing that is still remembered.
 */
import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SequenceError } from '../../core/errors.ts';
import type { NumberedEvent } from '../runtime/live/live-feed.ts';
import { type GatewayContext, type Handler, param, type Route } from './context.ts';
import { jsonText } from './problem.ts';
import { objectSchema } from './wire-schemas.ts';

/** People who watch, not services: each costs a socket and a copy of every event. */
const LISTENERS_MAX = 64;
/** What a listener may leave unread: some seconds of a busy ledger. */
const UNREAD_BYTES_MAX = 1024 * 1024;
/** Proxies close connections that are silent for longer, usually after a minute. */
const SIGN_OF_LIFE_MS = 15_000;

const TAG = 'insight';
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  // Nothing else comes over it: what ends the events ends the connection, so that a closing server need not wait for it.
  connection: 'close',
};

export const EVENT_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/events',
    tag: TAG,
    summary: 'Server-sent events: allocations, returns, stalls, moves, and each second the streams that moved',
    headers: { 'last-event-id': { type: 'string', description: 'The last event that was received: goes on behind it.' } },
    answer: { status: 200, description: 'One JSON object an event, named by its `event` field.', contentType: 'text/event-stream' },
    errors: [],
    // An open ear would keep a draining process from ending.
    intake: true,
    handler: eventsHandler,
  },
  {
    method: 'GET',
    path: '/v1/streams/{sequence}/{clientType}/{service}/past',
    tag: TAG,
    summary: 'Demand, forecast, stock and stalls of the last quarter of an hour, second by second',
    answer: { status: 200, description: 'One list a column, oldest first.', schema: objectSchema('StreamPast') },
    errors: ['SEQ_UNKNOWN_STREAM'],
    intake: false,
    handler: pastHandler,
  },
];

function pastHandler({ service }: GatewayContext): Handler {
  return (request) => {
    const stream = ['sequence', 'clientType', 'service'].map((part) => param(request, part)).join('/');
    const past = service.live().past(stream);
    if (past !== undefined) return past;
    throw new SequenceError('SEQ_UNKNOWN_STREAM', `nothing is remembered of stream ${stream}: only busy ones have a past here`, { stream });
  };
}

function eventsHandler({ service, endless }: GatewayContext): Handler {
  let listeners = 0;
  return (request: FastifyRequest, reply: FastifyReply) => {
    if (listeners >= LISTENERS_MAX) throw new SequenceError('SEQ_NOT_READY', `${LISTENERS_MAX} listeners are connected already`);
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, HEADERS);
    raw.write(': seqcast\n\n');
    listeners++;
    const end = service.live().subscribe((event) => send(raw, event), lastIdOf(request));
    const signs = setInterval(() => raw.write(':\n\n'), SIGN_OF_LIFE_MS);
    const leave = (): void => {
      raw.end();
    };
    endless.add(leave);
    raw.once('close', () => {
      listeners--;
      endless.delete(leave);
      clearInterval(signs);
      end();
    });
  };
}

function send(raw: ServerResponse, { id, event }: NumberedEvent): void {
  if (raw.writableLength > UNREAD_BYTES_MAX) raw.destroy();
  else raw.write(`id: ${id}\nevent: ${event.kind}\ndata: ${jsonText(event)}\n\n`);
}

function lastIdOf({ headers }: FastifyRequest): number | undefined {
  const given = headers['last-event-id'];
  return typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : undefined;
}
