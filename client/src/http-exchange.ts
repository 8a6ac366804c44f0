/**
 * JSON requests to one server over kept-alive connections.
 *
 * On `node:http` rather than `fetch`: a request costs a third of the time, and whether a failed one went out on a connection that
 * the server had closed meanwhile can be told.
 */
import type http from 'node:http';
import { SeqcastClientError } from './client-error.ts';

export interface Exchange {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Whether it does no harm if the server gets it twice. */
  readonly mayRepeat: boolean;
}

export interface Reply {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** The body, or undefined when it is not JSON. */
  readonly body: unknown;
}

/** Requests of one client at a time; prefetching needs one per sequence. */
const CONNECTIONS_MAX = 32;
/** The longest legal answer, 10,000 blocks of one value, is below this. */
const ANSWER_LENGTH_MAX = 2 * 1024 * 1024;

export class HttpServer {
  readonly #url: URL;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;
  readonly #headers: Readonly<Record<string, string>>;

  private constructor(url: URL, headers: Readonly<Record<string, string>>, { Agent, request }: Pick<typeof http, 'Agent' | 'request'>) {
    this.#url = url;
    this.#agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
    this.#request = request;
    this.#headers = headers;
  }

  /** HTTP and TLS are loaded where they are spoken: they cost more than all the rest, and other ways need neither. */
  static async of(url: URL, headers: Readonly<Record<string, string>>): Promise<HttpServer> {
    return new HttpServer(url, headers, await (url.protocol === 'https:' ? import('node:https') : import('node:http')));
  }

  exchange(exchange: Exchange): Promise<Reply> {
    const { method, path, timeoutMs } = exchange;
    const text = exchange.body === undefined ? '' : JSON.stringify(exchange.body);
    const headers = {
      accept: 'application/json, application/problem+json',
      ...(text === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...exchange.headers,
      ...this.#headers,
    };
    const url = new URL(`${this.#url.pathname.replace(/\/$/, '')}${path}`, this.#url);
    return new Promise((resolve, reject) => {
      const request = this.#request(url, { agent: this.#agent, method, headers }, (response) => {
        let answer = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          answer += chunk;
          if (answer.length > ANSWER_LENGTH_MAX) request.destroy(new Error('the answer is too long'));
        });
        response.on('error', fail);
        response.on('end', () => {
          clearTimeout(timer);
          resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body: parsed(answer) });
        });
      });
      const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      const fail = (cause: Error) => {
        clearTimeout(timer);
        if (exchange.mayRepeat && wasGone(request, cause)) resolve(this.exchange({ ...exchange, mayRepeat: false }));
        else reject(unreachable(this.#url, cause));
      };
      request.on('error', fail);
      request.end(text);
    });
  }

  /** For messages: scheme, host and port. */
  get origin(): string {
    return this.#url.origin;
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The server closes idle connections when it likes, sometimes while a request is on its way there. */
function wasGone(request: http.ClientRequest, cause: NodeJS.ErrnoException): boolean {
  return request.reusedSocket && cause.code === 'ECONNRESET';
}

function unreachable({ origin }: URL, cause: Error): SeqcastClientError {
  return new SeqcastClientError('SEQ_UNREACHABLE', `no server answers at ${origin}: ${cause.message}`, {
    retriable: true,
    whatToDo: 'Start one with `seqcast up`, or check the address.',
    cause,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
