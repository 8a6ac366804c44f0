/** What an answer of the gateway must look like, and which error a bad one becomes. */
import { SeqcastClientError } from './client-error.ts';
import type { Reply } from './http-exchange.ts';

/** The server's problem in its own words; whatever else answers is not seqcast, but may be a proxy that passes trouble on. */
export function errorOf({ status, retryAfter, body }: Reply): SeqcastClientError {
  if (!isObject(body) || typeof body.detail !== 'string') return notSeqcast(status);
  const { code, detail, retriable, whatToDo } = body;
  const retryAfterSeconds = Number(retryAfter);
  return new SeqcastClientError(typeof code === 'string' ? code : 'SEQ_UNREACHABLE', detail, {
    retriable: retriable === true,
    status,
    ...(typeof whatToDo === 'string' ? { whatToDo } : {}),
    ...(retryAfterSeconds > 0 ? { retryAfterMs: retryAfterSeconds * 1_000 } : {}),
  });
}

export function notSeqcast(status: number): SeqcastClientError {
  return new SeqcastClientError('SEQ_UNREACHABLE', `what answers there, with status ${status}, does not speak as seqcast does`, {
    retriable: status >= 500,
    status,
    whatToDo: 'Check the address.',
  });
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

export function isWholeNumber(value: unknown): value is string {
  return typeof value === 'string' && /^-?\d+$/.test(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}
