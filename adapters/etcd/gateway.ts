/**
 * etcd's JSON gateway: its gRPC calls as POSTs of JSON, 64-bit numbers as strings, bytes in base64, fields at their defaults left out.
 * A user is logged in when the first call asks for it, and again when the token has run out.
 */
import { readFileSync } from 'node:fs';
import type { ClientRequest } from 'node:http';
import type { EngineLog } from '../engines/engine-health.ts';
import { type EtcdRefusal, isTokenRefused, refused, unanswered, unreachable } from './failures.ts';
import { createHttpLine, type HttpAnswer, readLines } from './http-line.ts';

export interface EtcdGatewayOptions {
  readonly url: string;
  readonly caFile?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly callTimeoutMs: number;
  readonly onLog?: EngineLog | undefined;
}

export interface StreamListener {
  onMessage(message: object): void;
  /** Once, unless it was closed: with an error, or with undefined because nothing came for the time given. */
  onEnd(error: unknown): void;
}

export interface EtcdGateway {
  /** The address for messages. */
  readonly shown: string;
  /** Such as `3.4.23`; empty where something else answers. */
  version(): Promise<string>;
  /** Throws `SEQ_ENGINE_AWAY`, or what `failures.ts` makes of a refusal. */
  call<T extends object>(path: string, body: object): Promise<T>;
  /** A call that is answered by messages until one of both ends it, or nothing came for `silenceMs`. */
  stream(path: string, body: object, silenceMs: number, listener: StreamListener): { close(): void };
  close(): void;
}

type Said = { readonly answer: object } | { readonly refusal: EtcdRefusal };

export function createGateway({ url, caFile, user, password, callTimeoutMs, onLog }: EtcdGatewayOptions): EtcdGateway {
  const base = URL.canParse(url) ? new URL(url) : undefined;
  if (base === undefined || !/^https?:$/.test(base.protocol)) {
    throw unreachable('its address', 'its URL is not of the form http://host:port or https://host:port', 'correct the URL');
  }
  const shown = `${base.protocol}//${base.host}`;
  const line = createHttpLine(base, caFile === undefined ? undefined : readCertificate(shown, caFile));
  let token: Promise<string | undefined> | undefined;

  async function exchange(path: string, body: object | undefined, held: string | undefined): Promise<Said> {
    const answer = await line.ask(path, body, held, callTimeoutMs).catch((error: unknown) => {
      throw unanswered(shown, error);
    });
    return said(answer);
  }

  async function logIn(): Promise<string | undefined> {
    if (user === undefined) return undefined;
    const outcome = await exchange('/v3/auth/authenticate', { name: user, password }, undefined);
    if ('answer' in outcome) return (outcome.answer as { readonly token?: string }).token;
    if (!/not enabled/.test(outcome.refusal.text)) throw refused(shown, outcome.refusal);
    onLog?.(`etcd at ${shown} asks nobody for a password: the user ${user} is not used`, 'warn');
    return undefined;
  }

  /** A login that failed is tried again by the next call. */
  function currentToken(): Promise<string | undefined> {
    token ??= logIn().catch((error: unknown) => {
      token = undefined;
      throw error;
    });
    return token;
  }

  async function call(path: string, body: object): Promise<object> {
    for (let isRetry = false; ; isRetry = true) {
      const held = currentToken();
      const outcome = await exchange(path, body, await held);
      if ('answer' in outcome) return outcome.answer;
      if (isRetry || user === undefined || !isTokenRefused(outcome.refusal)) throw refused(shown, outcome.refusal);
      if (token === held) token = undefined;
    }
  }

  function stream(path: string, body: object, silenceMs: number, listener: StreamListener): { close(): void } {
    let request: ClientRequest | undefined;
    let hasEnded = false;

    function end(error: unknown): void {
      if (hasEnded) return;
      hasEnded = true;
      request?.destroy();
      listener.onEnd(error);
    }

    function onLine(status: number, text: string): void {
      if (hasEnded) return;
      const outcome = said({ status, text });
      if ('answer' in outcome) {
        const { result } = outcome.answer as { readonly result?: object };
        if (result !== undefined) listener.onMessage(result);
        return;
      }
      // The next stream logs in anew.
      if (isTokenRefused(outcome.refusal)) token = undefined;
      end(refused(shown, outcome.refusal));
    }

    async function begin(): Promise<void> {
      const held = await currentToken();
      if (hasEnded) return;
      request = line.open(path, body, held);
      request.setTimeout(silenceMs, () => end(undefined));
      request.on('error', (error) => end(unanswered(shown, error)));
      request.on('response', (response) => {
        readLines(response, (text) => onLine(response.statusCode ?? 0, text));
        response.on('end', () => end(unanswered(shown, new Error('the stream ended'))));
        response.on('error', (error) => end(unanswered(shown, error)));
      });
    }

    begin().catch(end);
    return {
      close() {
        hasEnded = true;
        request?.destroy();
      },
    };
  }

  return {
    shown,
    async version() {
      const outcome = await exchange('/version', undefined, undefined);
      if ('refusal' in outcome) {
        // A port that speaks TLS says so in plain words.
        if (outcome.refusal.text.includes('HTTPS server')) throw unanswered(shown, new Error(outcome.refusal.text.trim()));
        return '';
      }
      const { etcdserver } = outcome.answer as { readonly etcdserver?: unknown };
      return typeof etcdserver === 'string' ? etcdserver : '';
    },
    call: (path, body) => call(path, body) as Promise<never>,
    stream,
    close: () => line.close(),
  };
}

/** What an answer, or a message of a stream, says: a stream wraps its refusals once more than a call. */
function said({ status, text }: HttpAnswer): Said {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Not JSON: said by something in between, or by something else altogether.
    return { refusal: { status, code: undefined, text: text.slice(0, 200) } };
  }
  const answer = parsed as { readonly error?: unknown; readonly message?: string; readonly code?: number };
  if (status === 200 && answer.error === undefined) return { answer };
  const inner = (typeof answer.error === 'object' && answer.error !== null ? answer.error : answer) as {
    readonly message?: string;
    readonly error?: string;
    readonly code?: number;
    readonly grpc_code?: number;
  };
  return { refusal: { status, code: inner.code ?? inner.grpc_code, text: inner.message ?? inner.error ?? text.slice(0, 200) } };
}

function readCertificate(shown: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw unreachable(shown, `the certificate file ${file} cannot be read`, 'correct caFile', undefined, cause);
  }
}
