/** Three ways to the same values: over HTTP from either gateway, straight from Redis, and over Kafka. A call is made until it is answered. */
import { Redis } from 'ioredis';
import { connectKafka } from 'seqcast-client/kafka';
import { pause } from '../chaos/clients/callers.ts';
import { Poster } from '../chaos/clients/post.ts';

export const SEQUENCE = 'nasa-demo';
const CLIENT_TYPE = 'soak';
const TIMEOUT_MS = 5_000;
const RETRY_MS = 50;
/** Half an hour of refusals is no fault that passes. */
const ATTEMPTS_MAX = (30 * 60_000) / RETRY_MS;

/** A run of values: so many from `start` on. */
export interface Taken {
  readonly start: number;
  readonly count: number;
}

export interface Door {
  readonly name: string;
  take(count: number): Promise<readonly Taken[]>;
  close(): Promise<void>;
}

export function httpDoor(service: string, gateways: readonly string[]): Door {
  const poster = new Poster();
  let calls = 0;
  return {
    name: 'http',
    take: (count) =>
      untilAnswered(async () => {
        const gateway = gateways[calls++ % gateways.length] ?? '';
        const body = { count, clientType: CLIENT_TYPE, service, as: 'blocks' };
        const answer = await poster.post(`${gateway}/v1/sequences/${SEQUENCE}/next`, body, { timeoutMs: TIMEOUT_MS });
        const blocks = answer.body.blocks as readonly { start: string; count: number }[] | undefined;
        if (answer.status !== 200 || blocks === undefined) throw new Error(`${answer.status} ${String(answer.body.code)}`);
        return blocks.map((block) => ({ start: Number(block.start), count: block.count }));
      }),
    close: async () => poster.close(),
  };
}

type RedisReply = readonly [outcome: string, _: string, runs: readonly (readonly [first: string, count: number])[]];

/** The line in front of the Redis in charge. */
export function redisDoor(service: string, url: string): Door {
  const redis = new Redis(url, { maxRetriesPerRequest: 0, commandTimeout: TIMEOUT_MS, retryStrategy: () => RETRY_MS });
  // Each call hears of it.
  redis.on('error', () => undefined);
  const stock = `{${SEQUENCE}/${CLIENT_TYPE}/${service}}:stock`;
  return {
    name: 'redis',
    take: (count) =>
      untilAnswered(async () => {
        const [outcome, , runs] = (await redis.call('FCALL', 'seqcast_next', 1, stock, count)) as RedisReply;
        if (outcome !== 'taken') throw new Error(outcome);
        return runs.map(([first, many]) => ({ start: Number(first), count: Number(many) }));
      }),
    close: async () => redis.disconnect(),
  };
}

/** Asked again, a request has the id that it had before, and so gets the same values. */
export async function kafkaDoor(service: string, brokers: readonly string[]): Promise<Door> {
  const kafka = { brokers: [...brokers], logLevel: 0 };
  const client = await connectKafka({ kafka, clientType: CLIENT_TYPE, service, timeoutMs: TIMEOUT_MS });
  let requests = 0;
  return {
    name: 'kafka',
    take(count) {
      const requestId = `${CLIENT_TYPE}-${service}-${++requests}`;
      return untilAnswered(async () => {
        const { blocks } = await client.request({ sequence: SEQUENCE, count, requestId });
        return blocks.map((block) => ({ start: Number(block.start), count: block.count }));
      });
    },
    close: () => client.close(),
  };
}

async function untilAnswered(attempt: () => Promise<readonly Taken[]>): Promise<readonly Taken[]> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === ATTEMPTS_MAX) throw error;
      await pause(RETRY_MS);
    }
  }
}
