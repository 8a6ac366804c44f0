/** Callers that ask the pool's Redis themselves, with one command. Some of them are wrong about who is in charge. */
import { Redis } from 'ioredis';
import type { Dice } from '../../../simulator/dice.ts';
import type { Run } from '../checker/lines.ts';
import { Callers, type CallersOptions, countUpTo } from './callers.ts';

export interface RedisCallersOptions extends CallersOptions {
  /** Port of the line to the one in charge. */
  readonly port: number;
  /** Ports of all of them: whoever goes astray asks one of these. */
  readonly astray: readonly number[];
  readonly sequence: string;
  readonly services: readonly string[];
  readonly countMax: number;
}

const TIMEOUT_MS = 1_000;
const RECONNECT_MS = 100;
/** Share of calls that go to whichever Redis it may be. */
const ASTRAY = 0.1;
/** Said by a store that gave nothing. */
const REFUSALS = ['empty', 'moved', 'unleased', 'conflict'];

type RunReply = readonly [
  first: string,
  count: number,
  increment: string,
  ordinal: number,
  generation: number,
  partition: number,
  shard: number,
];

export class RedisCallers extends Callers {
  readonly #own: RedisCallersOptions;
  readonly #charge: Redis;
  readonly #others: readonly Redis[];

  constructor(options: RedisCallersOptions) {
    super(options);
    this.#own = options;
    this.#charge = connection(options.port);
    this.#others = options.astray.map((port) => connection(port));
  }

  protected override async call(_caller: number, dice: Dice): Promise<void> {
    const service = dice.pick(this.#own.services);
    const count = countUpTo(this.#own.countMax, dice);
    const astray = dice.chance(ASTRAY) ? dice.pick(this.#others) : undefined;
    // A call that went astray once finds its way with the next attempt.
    await this.attempted((id, call) => this.#ask(id, call, id.endsWith('/1') ? (astray ?? this.#charge) : this.#charge, service, count));
  }

  protected override async closed(): Promise<void> {
    for (const each of [this.#charge, ...this.#others]) each.disconnect();
  }

  async #ask(id: string, call: string, redis: Redis, service: string, count: number): Promise<number | undefined> {
    const { sequence } = this.#own;
    const stream = `${sequence}/chaos/${service}`;
    this.history.ask({ id, call, via: this.name, what: 'next', sequence, stream, count });
    try {
      const reply = (await redis.call('FCALL', 'seqcast_next', 1, `{${stream}}:stock`, count)) as [string, string, RunReply[]];
      if (reply[0] !== 'taken') {
        this.history.nothing({ id, why: reply[0], isCertain: REFUSALS.includes(reply[0]) });
        return undefined;
      }
      const runs = reply[2].map(([first, many, increment]): Run => [String(first), Number(many), String(increment)]);
      const booked = reply[2].map(([, many, , ...rest]) => {
        const [ordinal = 0, generation = 0, partition = 0, shard = 0] = rest.map(Number);
        return [ordinal, Number(many), generation, partition, shard] as const;
      });
      this.history.got({ id, runs, booked });
      return count;
    } catch (error) {
      const why = String(error);
      this.history.nothing({ id, why, isCertain: /READONLY|Function not found|LOADING|Stream isn't writeable|SEQ_/.test(why) });
      return undefined;
    }
  }
}

function connection(port: number): Redis {
  const redis = new Redis({
    port,
    host: '127.0.0.1',
    // A command that was sent is never sent again by the library: the answer may be lost, and the values with it.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    commandTimeout: TIMEOUT_MS,
    connectTimeout: TIMEOUT_MS,
    retryStrategy: () => RECONNECT_MS,
    // Who is no longer in charge is left; so is one that has been silent for long.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    socketTimeout: 3 * TIMEOUT_MS,
    stringNumbers: true,
  });
  redis.on('error', () => undefined);
  return redis;
}
