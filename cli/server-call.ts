/** One call to a running server. On `node:http`: `fetch` would take longer to load than the server to answer. */
import http from 'node:http';
import { ERROR_CODES, type ErrorCode, SequenceError } from '../core/errors.ts';
import { serverUrl } from '../workers/runtime/process/config.ts';
import type { CliContext, ServerOptions } from './cli-context.ts';

export interface ServerCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Parts of the path are encoded by `path`. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** An audit reads the whole ledger and may take minutes. */
  readonly timeoutMs?: number;
  /** Hears how far a long call is, 0 to 1, where the server tells: in lines before the answer. */
  readonly onProgress?: (share: number) => void;
}

const LINES_TYPE = 'application/x-ndjson';

/** Longer than the server lets a caller wait for an allocation, so that its answer comes first. */
export const SERVER_TIMEOUT_MS = 40_000;
/** A hint is not worth a longer wait. */
const NAMES_TIMEOUT_MS = 2_000;

export function path(strings: TemplateStringsArray, ...parts: readonly string[]): string {
  return String.raw({ raw: strings }, ...parts.map((part) => encodeURIComponent(part)));
}

/** The answer's JSON, or undefined where it has no body. Throws the server's own error when it refuses. */
export async function callServer(cli: CliContext, { url }: ServerOptions, call: ServerCall): Promise<unknown> {
  const base = baseUrl(serverUrl(url, cli.env));
  const key = cli.apiKey ?? cli.env.SEQCAST_API_KEY ?? '';
  const accept = call.onProgress === undefined ? {} : { accept: LINES_TYPE };
  const { status, text } = await exchange(base, { ...call, headers: { ...call.headers, ...accept, ...authorization(key) } });
  const body = jsonOf(call.onProgress === undefined ? text : (text.trimEnd().split('\n').at(-1) ?? ''));
  // Where lines came first, the status was sent before anybody knew how it would end.
  const isProblem = call.onProgress !== undefined && typeof (body as { readonly code?: unknown } | undefined)?.code === 'string';
  if (status >= 200 && status < 300 && !isProblem && (text === '' || body !== undefined)) return body;
  const refused = refusal(base, status, body);
  throw refused.code === 'SEQ_UNKNOWN_SEQUENCE' ? await withLikelyName(base, key, call.path, refused) : refused;
}

/** Says which name was probably meant: of the sequences that this key may see. Whatever goes wrong leaves the refusal as it is. */
async function withLikelyName(base: URL, key: string, asked: string, refused: SequenceError): Promise<SequenceError> {
  const part = /^\/v1\/(?:sequences|analytics\/\w+)\/([^/?]+)/.exec(asked)?.[1];
  const { sequence = part === undefined ? undefined : decodeURIComponent(part) } = refused.details;
  if (typeof sequence !== 'string') return refused;
  const list = { method: 'GET', path: '/v1/sequences', headers: authorization(key), timeoutMs: NAMES_TIMEOUT_MS } as const;
  const answer = await exchange(base, list).catch(() => undefined);
  const { sequences } = (jsonOf(answer?.text ?? '') ?? {}) as { readonly sequences?: unknown };
  if (!Array.isArray(sequences)) return refused;
  const { closest } = await import('./closest-name.ts');
  const likely = closest(
    sequence,
    sequences.map(({ name }: { readonly name?: unknown }) => String(name)),
  );
  if (likely === undefined) return refused;
  return new SequenceError(refused.code, `${refused.message}; did you mean ${likely}?`, { ...refused.details, didYouMean: likely });
}

/** Refused here, because the error of `node:http` for such a header would repeat the key. */
function authorization(key: string): Readonly<Record<string, string>> {
  if (!/^[\x21-\x7e]*$/.test(key)) throw new SequenceError('SEQ_CONFIG_INVALID', 'the API key has characters that no key has');
  return key === '' ? {} : { authorization: `Bearer ${key}` };
}

function baseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new SequenceError('SEQ_CONFIG_INVALID', `${text} is not the address of a server: it should look like http://127.0.0.1:7070`);
}

async function exchange(
  base: URL,
  { method, path: to, body, headers: given, timeoutMs = SERVER_TIMEOUT_MS, onProgress }: ServerCall,
): Promise<{ readonly status: number; readonly text: string }> {
  const { request } = base.protocol === 'https:' ? (await import('node:https')).default : http;
  const url = new URL(`${base.pathname.replace(/\/$/, '')}${to}`, base);
  const headers = { ...(body !== undefined && { 'content-type': 'application/json' }), ...given };
  return await new Promise((resolve, reject) => {
    const failed = (cause: Error) => reject(unreachable(base, cause));
    const asked = request(url, { method, headers, agent: false, timeout: timeoutMs }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        const share = onProgress && shareIn(chunk);
        if (share !== undefined) onProgress?.(share);
      });
      response.on('error', failed);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`)));
    asked.on('error', failed);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** What the last whole line of progress says; a line that came in two pieces is followed by another one soon. */
function shareIn(chunk: string): number | undefined {
  const last = chunk.trimEnd().split('\n').at(-1) ?? '';
  const { progress } = (jsonOf(last) ?? {}) as { readonly progress?: unknown };
  return typeof progress === 'number' ? progress : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A problem carries a code of the catalogue; whatever else answers is not seqcast. */
function refusal(base: URL, status: number, body: unknown): SequenceError {
  const { code, detail, details } = (typeof body === 'object' && body !== null ? body : {}) as Readonly<Record<string, unknown>>;
  const known = ERROR_CODES.find((each): each is ErrorCode => each === code);
  if (known === undefined)
    return new SequenceError('SEQ_UNREACHABLE', `what answers at ${base.origin}, with status ${status}, does not speak as seqcast does`);
  return new SequenceError(known, String(detail), typeof details === 'object' && details !== null ? { ...details } : {});
}

function unreachable(base: URL, cause: Error): SequenceError {
  const why = (cause as NodeJS.ErrnoException).code ?? cause.message;
  return new SequenceError('SEQ_UNREACHABLE', `no server answers at ${base.origin} (${why})`, { url: base.origin }, { cause });
}
