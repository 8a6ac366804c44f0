/** A small HTTP server that speaks the gateway's contract, and misbehaves when told to. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ReturnedBlock } from '../../client/src/index.ts';
import { BlockStore, Refusal, type StoreOptions } from './block-store.ts';

/** What happens to a request instead of, or before, its answer. */
export type Mishap =
  | { readonly kind: 'refuse'; readonly status: number; readonly code: string; readonly retriable: boolean; readonly retryAfter?: number }
  | { readonly kind: 'html'; readonly status: number }
  | { readonly kind: 'hang-up' }
  | { readonly kind: 'lose-answer' }
  | { readonly kind: 'wait'; readonly until: Promise<void> };

export interface Seen {
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly headers: IncomingMessage['headers'];
}

export interface ServerOptions extends StoreOptions {
  readonly order?: 'stream' | 'sequence';
  /** First day of the period, where values begin again. */
  readonly period?: string;
  /** What stands before a value where it is printed. */
  readonly prefix?: string;
}

export class ContractServer {
  readonly store: BlockStore;
  readonly seen: Seen[] = [];
  /** Each befalls one `next` request, the oldest first. */
  readonly mishaps: Mishap[] = [];
  readonly returnMishaps: Mishap[] = [];
  /** What is wrong with a sequence, for so many requests. */
  readonly problems = new Map<string, { status: number; code: string; retriable: boolean; times: number }>();
  order: 'stream' | 'sequence' | undefined;
  readonly #options: ServerOptions;
  readonly #server: Server;

  private constructor(options: ServerOptions) {
    this.store = new BlockStore(options);
    this.order = options.order;
    this.#options = options;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(options: ServerOptions = {}): Promise<ContractServer> {
    const server = new ContractServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get returns(): ReturnedBlock[] {
    return this.seen.filter(({ path }) => path.endsWith('/returns')).flatMap(({ body }) => body.blocks as ReturnedBlock[]);
  }

  async stop(): Promise<void> {
    const stopped = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await stopped;
  }

  /** As a server does that has not heard from its clients for a while. */
  dropConnections(): void {
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    if (path === '/livez') return void response.end('{}');
    const body = await jsonOf(request);
    this.seen.push({ path, body, headers: request.headers });
    const isReturn = path.endsWith('/returns');
    const mishap = (isReturn ? this.returnMishaps : this.mishaps).shift();
    if (mishap?.kind === 'hang-up') return void response.destroy();
    if (mishap?.kind === 'html') return void response.writeHead(mishap.status, { 'content-type': 'text/html' }).end('<h1>no</h1>');
    if (mishap?.kind === 'refuse') return problem(response, mishap.status, mishap.code, mishap.retriable, mishap.retryAfter);
    try {
      const answer =
        path === '/v1/next'
          ? this.#nextOfEach(body)
          : isReturn
            ? { returned: this.store.giveBack(body.blocks as ReturnedBlock[]) }
            : this.#next(path, body);
      if (mishap?.kind === 'wait') await mishap.until;
      if (mishap?.kind === 'lose-answer') response.destroy();
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problem(response, error.code === 'SEQ_EXHAUSTED' ? 410 : 409, error.code, error.retriable);
    }
  }

  #nextOfEach({ requests }: Record<string, unknown>): unknown {
    const outcomes = (requests as Record<string, unknown>[]).map((request) => {
      const { sequence } = request as { sequence: string };
      const problem = this.problems.get(sequence);
      if (problem === undefined || problem.times === 0) return this.#next(`/v1/sequences/${sequence}/next`, request);
      problem.times -= 1;
      return { sequence, problem: { ...problem, detail: `the test refuses with ${problem.code}` } };
    });
    return { outcomes };
  }

  #next(path: string, body: Record<string, unknown>): unknown {
    const { period, prefix } = this.#options;
    const taken = this.store.take(body.count as number);
    const blocks = taken.map((block) => ({ ...block, start: `${block.start}`, increment: `${block.increment}` }));
    const values = taken.flatMap(({ start, count, increment }) => Array.from({ length: count }, (_, i) => start + BigInt(i) * increment));
    const isPrinted = prefix !== undefined && body.as === 'formatted';
    return {
      sequence: path.split('/')[3],
      ...(this.order === undefined ? {} : { order: this.order }),
      ...(period === undefined ? {} : { period }),
      blocks,
      ...(isPrinted && { formatted: values.map((value) => `${prefix}${value}`) }),
    };
  }
}

async function jsonOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return JSON.parse(text) as Record<string, unknown>;
}

function problem(response: ServerResponse, status: number, code: string, retriable: boolean, retryAfter?: number): void {
  const headers = {
    'content-type': 'application/problem+json',
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  };
  const body = {
    type: `urn:seqcast:error:${code}`,
    title: code,
    detail: `the test refuses with ${code}`,
    status,
    code,
    retriable,
    whatToDo: 'Nothing.',
  };
  response.writeHead(status, headers).end(JSON.stringify(body));
}
