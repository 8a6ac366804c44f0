/** HTTP to one address: single requests over a few kept connections, and streams over connections of their own. */
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';

/** Requests on their way at a time; others wait for one. */
const SOCKETS_MAX = 16;

/** The largest answer is a page of a list; anything beyond this is not meant for us. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

export interface HttpLine {
  /** POSTs JSON, or GETs without a body; rejects with what Node says where no whole answer came in time. */
  ask(path: string, body: object | undefined, token: string | undefined, timeoutMs: number): Promise<HttpAnswer>;
  /** POSTs JSON and leaves the answer to whoever listens to the request. */
  open(path: string, body: object, token: string | undefined): ClientRequest;
  close(): void;
}

/** `ca`: the authority to trust instead of the usual ones. */
export function createHttpLine(base: URL, ca: string | undefined): HttpLine {
  const module = base.protocol === 'https:' ? https : http;
  const trust = ca === undefined ? {} : { ca };
  const kept = new module.Agent({ keepAlive: true, maxSockets: SOCKETS_MAX, ...trust });
  const own = new module.Agent(trust);

  function send(path: string, body: object | undefined, token: string | undefined, options: http.RequestOptions): ClientRequest {
    const headers = { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: token }) };
    const request = module.request(new URL(path, base), { method: body === undefined ? 'GET' : 'POST', headers, ...options });
    request.end(body === undefined ? undefined : JSON.stringify(body));
    return request;
  }

  return {
    ask: (path, body, token, timeoutMs) => wholeAnswer(send(path, body, token, { agent: kept, signal: AbortSignal.timeout(timeoutMs) })),
    open: (path, body, token) => send(path, body, token, { agent: own }),
    close() {
      kept.destroy();
      own.destroy();
    },
  };
}

/** Calls `onLine` for every line of an answer that goes on, the last also without its end. */
export function readLines(response: IncomingMessage, onLine: (line: string) => void): void {
  let rest = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    rest += chunk;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      if (line !== '') onLine(line);
    }
    if (rest.length > ANSWER_BYTES_MAX) response.destroy(new Error(`a line has more than ${ANSWER_BYTES_MAX} characters`));
  });
  response.on('end', () => rest !== '' && onLine(rest));
}

function wholeAnswer(request: ClientRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > ANSWER_BYTES_MAX) response.destroy(new Error(`the answer has more than ${ANSWER_BYTES_MAX} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
    });
  });
}
