/** The gateway's HTTP interface as a `Transport`: what is sent, what is understood, and which error a bad answer becomes. */
import { SeqcastClientError } from './client-error.ts';
import type { HttpServer, Reply } from './http-exchange.ts';
import type { BlocksAnswer, BlocksRequest, ReturnedBlock, Transport, ValueBlock } from './transport.ts';

export class HttpTransport implements Transport {
  readonly #server: HttpServer;
  readonly #timeoutMs: number;

  constructor(server: HttpServer, timeoutMs: number) {
    this.#server = server;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether a server answers at all; one that is not ready yet is there too. */
  async hello(): Promise<void> {
    await this.#server.exchange({ method: 'GET', path: '/livez', timeoutMs: this.#timeoutMs, mayRepeat: true });
  }

  async next({ sequence, ...request }: BlocksRequest): Promise<BlocksAnswer> {
    const answer = await this.#post(`${pathOf(sequence)}/next`, { ...request, as: 'blocks' }, true);
    const order = answer.order;
    return {
      ...(order === 'stream' || order === 'sequence' ? { order } : {}),
      blocks: blocksOf(answer.blocks),
    };
  }

  async giveBack(sequence: string, blocks: readonly ReturnedBlock[]): Promise<number> {
    const { returned } = await this.#post(`${pathOf(sequence)}/returns`, { blocks }, false);
    return typeof returned === 'number' ? returned : 0;
  }

  async #post(path: string, body: unknown, mayRepeat: boolean): Promise<Record<string, unknown>> {
    const reply = await this.#server.exchange({ method: 'POST', path, body, timeoutMs: this.#timeoutMs, mayRepeat });
    if (reply.status !== 200 || !isObject(reply.body)) throw errorOf(reply);
    return reply.body;
  }
}

function pathOf(sequence: string): string {
  return `/v1/sequences/${encodeURIComponent(sequence)}`;
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
