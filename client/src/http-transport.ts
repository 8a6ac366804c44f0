/** The gateway's HTTP interface as a `Transport`: what is sent, what is understood, and which error a bad answer becomes. */
import { SeqcastClientError } from './client-error.ts';
import type { HttpServer, Reply } from './http-exchange.ts';
import type { BlocksAnswer, ReturnedBlock, Transport, ValueBlock } from './transport.ts';

/** Whose demand this is: a registered client id, or the client's type and service. */
export interface Caller {
  readonly clientId?: string;
  readonly clientType?: string;
  readonly service?: string;
}

export class HttpTransport implements Transport {
  readonly #server: HttpServer;
  readonly #path: string;
  readonly #caller: Caller;
  readonly #timeoutMs: number;

  constructor(server: HttpServer, sequence: string, caller: Caller, timeoutMs: number) {
    this.#server = server;
    this.#path = `/v1/sequences/${encodeURIComponent(sequence)}`;
    this.#caller = caller;
    this.#timeoutMs = timeoutMs;
  }

  async next(count: number): Promise<BlocksAnswer> {
    const { order, blocks } = await this.#post('next', { count, ...this.#caller, as: 'blocks', numbered: true }, true);
    return { order: order === 'stream' || order === 'sequence' ? order : 'none', blocks: blocksOf(blocks) };
  }

  async giveBack(blocks: readonly ReturnedBlock[]): Promise<number> {
    const { returned } = await this.#post('returns', { blocks }, false);
    return typeof returned === 'number' ? returned : 0;
  }

  async #post(action: string, body: unknown, mayRepeat: boolean): Promise<Record<string, unknown>> {
    const reply = await this.#server.exchange({
      method: 'POST',
      path: `${this.#path}/${action}`,
      body,
      timeoutMs: this.#timeoutMs,
      mayRepeat,
    });
    if (reply.status !== 200 || !isObject(reply.body)) throw errorOf(reply);
    return reply.body;
  }
}

function blocksOf(blocks: unknown): ValueBlock[] {
  if (!Array.isArray(blocks)) throw notSeqcast(200);
  return blocks.map((block: unknown) => {
    if (!isObject(block) || !isWholeNumber(block.start) || !isWholeNumber(block.increment) || !isCount(block.count)) throw notSeqcast(200);
    const { start, count, increment, id } = block;
    return { start: BigInt(start), count, increment: BigInt(increment), ...(typeof id === 'string' ? { id } : {}) };
  });
}

/** The server's problem in its own words; whatever else answers is not seqcast, but may be a proxy that passes trouble on. */
function errorOf({ status, retryAfter, body }: Reply): SeqcastClientError {
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

function notSeqcast(status: number): SeqcastClientError {
  return new SeqcastClientError('SEQ_UNREACHABLE', `what answers there, with status ${status}, does not speak as seqcast does`, {
    retriable: status >= 500,
    status,
    whatToDo: 'Check the address.',
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isWholeNumber(value: unknown): value is string {
  return typeof value === 'string' && /^-?\d+$/.test(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
