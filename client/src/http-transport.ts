/** The gateway's HTTP interface as a `Transport`: what is sent, what is understood, and which error a bad answer becomes. */
import { errorOf, isObject, isText, isWholeNumber, notSeqcast } from './http-answers.ts';
import type { HttpGateways } from './http-gateways.ts';
import { HttpReservations } from './http-reservations.ts';
import {
  type BlocksAnswer,
  type FormattedValue,
  type Reserving,
  type ReturnedBlock,
  type Transport,
  type ValueBlock,
  valuesOf,
} from './transport.ts';

/** Whose demand this is: a registered client id, or the client's type and service. */
export interface Caller {
  readonly clientId?: string;
  readonly clientType?: string;
  readonly service?: string;
}

export class HttpTransport implements Transport {
  readonly reservations: Reserving;
  readonly #server: HttpGateways;
  readonly #path: string;
  readonly #caller: Caller;
  readonly #timeoutMs: number;

  constructor(server: HttpGateways, sequence: string, caller: Caller, timeoutMs: number) {
    this.#server = server;
    this.#path = `/v1/sequences/${encodeURIComponent(sequence)}`;
    this.#caller = caller;
    this.#timeoutMs = timeoutMs;
    this.reservations = new HttpReservations(server, this.#path, timeoutMs);
  }

  async next(count: number): Promise<BlocksAnswer> {
    const { order, period, blocks } = await this.#post('next', { count, ...this.#caller, as: 'blocks', numbered: true }, true);
    const answer = { order: order === 'stream' || order === 'sequence' ? order : 'none', blocks: blocksOf(blocks) } as const;
    return typeof period === 'string' ? { ...answer, period } : answer;
  }

  async nextFormatted(count: number): Promise<readonly FormattedValue[]> {
    const { blocks, formatted } = await this.#post('next', { count, ...this.#caller, as: 'formatted' }, true);
    const values = blocksOf(blocks).flatMap(valuesOf);
    if (formatted === undefined) return [];
    if (!Array.isArray(formatted) || formatted.length !== values.length || !formatted.every(isText)) throw notSeqcast(200);
    return values.map((value, index) => ({ value, formatted: formatted[index] as string }));
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

export function blocksOf(blocks: unknown): ValueBlock[] {
  if (!Array.isArray(blocks)) throw notSeqcast(200);
  return blocks.map((block: unknown) => {
    if (!isObject(block) || !isWholeNumber(block.start) || !isWholeNumber(block.increment) || !isCount(block.count)) throw notSeqcast(200);
    const { start, count, increment, id } = block;
    return { start: BigInt(start), count, increment: BigInt(increment), ...(typeof id === 'string' ? { id } : {}) };
  });
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
