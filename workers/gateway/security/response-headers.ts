/** Headers that every answer carries, so that a browser does nothing with it that nobody asked for. */
import type { onSendHookHandler } from 'fastify';

/** Half a year, as browsers remember that this name speaks TLS only. */
const HSTS = 'max-age=15552000';
const OF_PAGES = {
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
};

export type Headers = Readonly<Record<string, string>>;

/** Those of the API's answers. JSON is not shown in frames; every header of the hot path is paid for. */
export function headersOfApi(isTls: boolean): Headers {
  return { 'x-content-type-options': 'nosniff', ...(isTls && { 'strict-transport-security': HSTS }) };
}

/** Puts them on whatever fastify sends. Not when a request comes in: what is written past the framework would pay for it and not use it. */
export function safeHeaders(ofApi: Headers): onSendHookHandler {
  return ({ url }, reply, payload, done) => {
    reply.headers(ofApi);
    if (!url.startsWith('/v1/')) reply.headers(OF_PAGES);
    done(null, payload);
  };
}
