/**
 * Callers that reserve numbers and then confirm or cancel them, under keys that they use again. At the end they settle everything: what is
 * open is confirmed, and what was given up is reserved until nothing is void.
 */
import type { Dice } from '../../../simulator/dice.ts';
import { Callers, type CallersOptions } from './callers.ts';
import { Poster } from './post.ts';

export interface ReservingCallersOptions extends CallersOptions {
  readonly gateways: readonly string[];
  readonly sequence: string;
}

const TIMEOUT_MS = 8_000;
/** Longer than a run: nothing expires by itself. */
const TTL_MS = 24 * 3_600_000;
const COUNT_MAX = 3;
const CANCELLED = 0.2;
const ASKED_AGAIN = 0.1;
const LISTED_MAX = 100;

interface Held {
  readonly reservation: string;
  readonly values: readonly string[];
}

export class ReservingCallers extends Callers {
  readonly #own: ReservingCallersOptions;
  readonly #poster = new Poster();
  #gateway = 0;
  #keys = 0;
  /** What is void when everything is settled; undefined where that could not be found out. */
  voids: readonly string[] | undefined;

  constructor(options: ReservingCallersOptions) {
    super(options);
    this.#own = options;
  }

  protected override async call(_caller: number, dice: Dice): Promise<void> {
    const key = `${this.name}-${++this.#keys}`;
    const count = dice.between(1, COUNT_MAX);
    const held = await this.#reserve(key, count);
    if (held === undefined) return;
    if (dice.chance(ASKED_AGAIN)) await this.#reserve(key, count);
    const what = dice.chance(CANCELLED) ? 'cancel' : 'confirm';
    await this.#end(what, held);
    if (dice.chance(ASKED_AGAIN)) await this.#end(what, held);
    if (dice.chance(ASKED_AGAIN)) await this.#reserve(key, count);
  }

  protected override async afterCalls(): Promise<void> {
    for (let round = 0; !this.isGivenUp; round++) {
      const voids = await this.#listVoids();
      if (voids === undefined) continue;
      if (voids.length === 0) {
        this.voids = [];
        return;
      }
      const held = await this.#reserve(`${this.name}-fill-${round}`, voids.length);
      if (held !== undefined) await this.#end('confirm', held);
    }
    this.voids = await this.#listVoids();
  }

  protected override async closed(): Promise<void> {
    this.#poster.close();
  }

  async #reserve(key: string, count: number): Promise<Held | undefined> {
    let held: Held | undefined;
    await this.attempted(async (id, call) => {
      const { sequence } = this.#own;
      this.history.ask({ id, call, via: this.name, what: 'reserve', sequence, count, key });
      const body = await this.#posted(id, `/v1/sequences/${sequence}/reservations`, { count, ttlMs: TTL_MS, owner: this.name }, key);
      if (body === undefined) return undefined;
      held = { reservation: String(body.id), values: body.values as string[] };
      this.history.got({ id, reservation: held.reservation, state: String(body.state), values: held.values });
      return count;
    });
    return held;
  }

  async #end(what: 'confirm' | 'cancel', { reservation, values }: Held): Promise<void> {
    await this.attempted(async (id, call) => {
      const { sequence } = this.#own;
      this.history.ask({ id, call, via: this.name, what, sequence, count: values.length, reservation });
      const body = await this.#posted(id, `/v1/reservations/${reservation}/${what}`, what === 'cancel' ? { because: 'rolled back' } : {});
      if (body === undefined) return undefined;
      this.history.got({ id, reservation, state: String(body.state), values: body.values as string[] });
      return 0;
    });
  }

  async #posted(id: string, path: string, body: object, key?: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const { gateways } = this.#own;
    try {
      const answer = await this.#poster.post(`${gateways[this.#gateway++ % gateways.length]}${path}`, body, { key, timeoutMs: TIMEOUT_MS });
      if (answer.status === 200 || answer.status === 201) return answer.body;
      this.history.nothing({ id, why: `${answer.status} ${String(answer.body.code)}`, isCertain: false });
    } catch (error) {
      this.history.nothing({ id, why: String(error), isCertain: false });
    }
    return undefined;
  }

  async #listVoids(): Promise<string[] | undefined> {
    const { gateways, sequence } = this.#own;
    try {
      const url = `${gateways[this.#gateway++ % gateways.length]}/v1/sequences/${sequence}/voids?limit=${LISTED_MAX}`;
      const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      const { voids } = (await response.json()) as { readonly voids?: readonly { readonly value: string }[] };
      return voids?.map(({ value }) => value);
    } catch {
      return undefined;
    }
  }
}
