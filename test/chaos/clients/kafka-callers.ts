/** Callers over Kafka, by the client that applications install. Each request has an id; whoever hears nothing asks again under the same one. */
import { connectKafka, type KafkaClient } from 'seqcast-client/kafka';
import type { Dice } from '../../../simulator/dice.ts';
import type { Run } from '../checker/lines.ts';
import { nowMs } from '../clock.ts';
import { Callers, type CallersOptions, countUpTo } from './callers.ts';

export interface KafkaCallersOptions extends CallersOptions {
  readonly brokers: readonly string[];
  readonly sequence: string;
  readonly service: string;
  readonly countMax: number;
}

const TIMEOUT_MS = 5_000;
/** Share of calls under an id that was used before. */
const AGAIN = 0.1;
const IDS_KEPT = 500;
/** A client that has heard nothing for so long is replaced by a new one, as an application that is restarted. */
const SILENCE_MS_MAX = 20_000;

interface Wanted {
  readonly key: string;
  readonly count: number;
}

export class KafkaCallers extends Callers {
  readonly #own: KafkaCallersOptions;
  readonly #before: Wanted[] = [];
  #client: Promise<KafkaClient> | undefined;
  #heardAt = nowMs();
  #ids = 0;
  /** How often the client had to be replaced. */
  replaced = 0;

  constructor(options: KafkaCallersOptions) {
    super(options);
    this.#own = options;
  }

  protected override async call(_caller: number, dice: Dice): Promise<void> {
    const isAgain = this.#before.length > 0 && dice.chance(AGAIN);
    const wanted = isAgain ? dice.pick(this.#before) : { key: `${this.name}-${++this.#ids}`, count: countUpTo(this.#own.countMax, dice) };
    const isAnswered = await this.attempted((id, call) => this.#ask(id, call, wanted));
    if (!isAnswered || isAgain) return;
    this.#before.push(wanted);
    if (this.#before.length > IDS_KEPT) this.#before.shift();
  }

  protected override async closed(): Promise<void> {
    await (await this.#client?.catch(() => undefined))?.close();
  }

  async #ask(id: string, call: string, { key, count }: Wanted): Promise<number | undefined> {
    const { sequence, service } = this.#own;
    const stream = `${sequence}/chaos/${service}`;
    this.history.ask({ id, call, via: this.name, what: 'next', sequence, stream, count, key });
    try {
      const { blocks } = await (await this.#connected()).request({ sequence, count, requestId: key });
      this.#heardAt = nowMs();
      this.history.got({ id, runs: blocks.map((block): Run => [String(block.start), block.count, String(block.increment)]) });
      return count;
    } catch (error) {
      this.history.nothing({ id, why: String(error), isCertain: false });
      await this.#leaveWhereSilent();
      return undefined;
    }
  }

  #connected(): Promise<KafkaClient> {
    if (this.#client === undefined) {
      const kafka = { brokers: [...this.#own.brokers], logLevel: 0, connectionTimeout: 2_000, requestTimeout: 5_000 };
      const connecting = connectKafka({ kafka, clientType: 'chaos', service: this.#own.service, timeoutMs: TIMEOUT_MS });
      this.#client = connecting;
      connecting.catch(() => {
        if (this.#client === connecting) this.#client = undefined;
      });
    }
    return this.#client;
  }

  async #leaveWhereSilent(): Promise<void> {
    if (nowMs() - this.#heardAt < SILENCE_MS_MAX) return;
    const silent = this.#client;
    this.#client = undefined;
    this.#heardAt = nowMs();
    this.replaced++;
    void silent?.then((client) => client.close()).catch(() => undefined);
  }
}
