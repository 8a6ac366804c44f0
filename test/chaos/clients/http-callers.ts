/** Callers over HTTP: values with and without keys, keys used again, and numbered blocks whose rest goes back. */
import type { Dice } from '../../../simulator/dice.ts';
import type { Run } from '../checker/lines.ts';
import { Callers, type CallersOptions, countUpTo } from './callers.ts';
import { Poster } from './post.ts';

export interface HttpCallersOptions extends CallersOptions {
  readonly gateways: readonly string[];
  readonly sequence: string;
  /** Services that they are of: each is a stream. Without any they name none. */
  readonly services: readonly string[];
  /** Every call has a key. */
  readonly hasKeys?: boolean;
  readonly countMax: number;
  /** Share of calls that use a part of what they get, and give the rest back. */
  readonly givesBack?: number;
}

const TIMEOUT_MS = 5_000;
/** Share of calls under a key that was used before. */
const AGAIN = 0.1;
/** Keys that may be used again. */
const KEYS_KEPT = 500;

interface Wanted {
  readonly service: string;
  readonly count: number;
  readonly key?: string | undefined;
  readonly used?: number | undefined;
}

export class HttpCallers extends Callers {
  readonly #own: HttpCallersOptions;
  readonly #poster = new Poster();
  readonly #before: Wanted[] = [];
  #gateway = 0;
  #keys = 0;

  constructor(options: HttpCallersOptions) {
    super(options);
    this.#own = options;
  }

  protected override async call(_caller: number, dice: Dice): Promise<void> {
    const wanted = this.#wanted(dice);
    const isAnswered = await this.attempted((id, call) => this.#ask(id, call, wanted));
    if (wanted.key === undefined || !isAnswered) return;
    this.#before.push(wanted);
    if (this.#before.length > KEYS_KEPT) this.#before.shift();
  }

  protected override async closed(): Promise<void> {
    this.#poster.close();
  }

  #wanted(dice: Dice): Wanted {
    const { services, countMax, hasKeys = false, givesBack = 0 } = this.#own;
    if (hasKeys && this.#before.length > 0 && dice.chance(AGAIN)) return dice.pick(this.#before);
    const count = countUpTo(countMax, dice);
    const used = count > 1 && dice.chance(givesBack) ? dice.int(count) : undefined;
    return { service: dice.pick(services), count, ...(hasKeys ? { key: `${this.name}-${++this.#keys}` } : { used }) };
  }

  async #ask(id: string, call: string, { service, count, key, used }: Wanted): Promise<number | undefined> {
    const { sequence, gateways } = this.#own;
    const gateway = gateways[this.#gateway++ % gateways.length] ?? '';
    const stream = `${sequence}/chaos/${service}`;
    this.history.ask({ id, call, via: this.name, what: 'next', sequence, stream, count, ...(key !== undefined && { key }) });
    const body = { count, clientType: 'chaos', service, as: 'blocks', ...(used !== undefined && { numbered: true }) };
    try {
      const answer = await this.#poster.post(`${gateway}/v1/sequences/${sequence}/next`, body, { key, timeoutMs: TIMEOUT_MS });
      const blocks = answer.body.blocks as { start: string; count: number; increment: string; id?: string }[] | undefined;
      if (answer.status !== 200 || blocks === undefined) {
        this.history.nothing({ id, why: `${answer.status} ${String(answer.body.code)}`, isCertain: false });
        return undefined;
      }
      this.history.got({ id, runs: blocks.map((block): Run => [block.start, block.count, block.increment]) });
      if (used !== undefined) await this.#giveBack(id, blocks, used);
      return count;
    } catch (error) {
      this.history.nothing({ id, why: String(error), isCertain: false });
      return undefined;
    }
  }

  /** The end of each block, from which so many were used in all. Whatever becomes of it, the caller never uses it. */
  async #giveBack(
    id: string,
    blocks: readonly { start: string; count: number; increment: string; id?: string }[],
    used: number,
  ): Promise<void> {
    let left = used;
    const back: { id: string; used: number }[] = [];
    const runs: Run[] = [];
    for (const block of blocks) {
      const kept = Math.min(left, block.count);
      left -= kept;
      if (block.id === undefined || kept === block.count) continue;
      back.push({ id: block.id, used: kept });
      runs.push([String(BigInt(block.start) + BigInt(kept) * BigInt(block.increment)), block.count - kept, block.increment]);
    }
    if (runs.length === 0) return;
    this.history.back({ id, runs });
    const gateway = this.#own.gateways[this.#gateway++ % this.#own.gateways.length] ?? '';
    const url = `${gateway}/v1/sequences/${this.#own.sequence}/returns`;
    // Whether it arrived makes no difference to the caller.
    await this.#poster.post(url, { blocks: back }, { timeoutMs: TIMEOUT_MS }).catch(() => undefined);
  }
}
