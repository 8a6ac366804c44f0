/** Reservations over the gateway's HTTP interface. */
import { errorOf, isObject, isText, isWholeNumber, notSeqcast } from './http-answers.ts';
import type { HttpGateways } from './http-gateways.ts';
import type { HeldNumbers, Reserving } from './transport.ts';

const STATES: readonly HeldNumbers['state'][] = ['reserved', 'confirmed', 'cancelled', 'expired'];

export class HttpReservations implements Reserving {
  readonly #server: HttpGateways;
  /** Of the sequence. */
  readonly #path: string;
  readonly #timeoutMs: number;

  constructor(server: HttpGateways, path: string, timeoutMs: number) {
    this.#server = server;
    this.#path = path;
    this.#timeoutMs = timeoutMs;
  }

  async reserve({ key, ...body }: Parameters<Reserving['reserve']>[0]): Promise<HeldNumbers> {
    return heldOf(await this.#post('reservations', body, { 'idempotency-key': key }));
  }

  async confirm(id: string, by: string): Promise<void> {
    await this.#post(`reservations/${encodeURIComponent(id)}/confirm`, { by });
  }

  async cancel(id: string, because: string, by: string): Promise<void> {
    await this.#post(`reservations/${encodeURIComponent(id)}/cancel`, { by, because });
  }

  async #post(action: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
    const path = `${this.#path}/${action}`;
    const sent = { method: 'POST', path, body, timeoutMs: this.#timeoutMs, mayRepeat: true, ...(headers && { headers }) } as const;
    const reply = await this.#server.exchange(sent);
    if ((reply.status !== 200 && reply.status !== 201) || !isObject(reply.body)) throw errorOf(reply);
    return reply.body;
  }
}

function heldOf({ id, state, values, formatted = [], expiresAtMs }: Record<string, unknown>): HeldNumbers {
  const known = STATES.find((each) => each === state);
  if (!isText(id) || known === undefined || !Array.isArray(values) || !values.every(isWholeNumber)) throw notSeqcast(200);
  if (!Array.isArray(formatted) || !formatted.every(isText)) throw notSeqcast(200);
  return {
    id,
    state: known,
    values: values.map(BigInt),
    formatted,
    expiresAtMs: typeof expiresAtMs === 'number' ? expiresAtMs : undefined,
  };
}
