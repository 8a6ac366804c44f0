/** What to say to a connection whose bytes are not HTTP, or whose request never arrives whole: there is no request to answer yet. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { SequenceError } from '../../core/errors.ts';
import { problemOf } from './problem.ts';

/** Node's parser errors that have a status of their own in HTTP. */
const STATUS: Readonly<Record<string, number>> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };

export function refuseUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  // The caller has gone, or there is nothing left to write on.
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const { headers, body } = problemOf(
    new SequenceError('SEQ_INVALID_REQUEST', `this is not an HTTP request that can be read (${error.code ?? error.message})`),
  );
  const status = STATUS[error.code ?? ''] ?? 400;
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}
