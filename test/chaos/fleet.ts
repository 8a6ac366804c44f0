/** The sequences of a run and everybody who calls them: over HTTP, from Redis, over Kafka, and for numbers without a gap. */
import type { Answers } from './clients/answers.ts';
import type { Callers } from './clients/callers.ts';
import { HttpCallers } from './clients/http-callers.ts';
import { KafkaCallers } from './clients/kafka-callers.ts';
import { Poster } from './clients/post.ts';
import { RedisCallers } from './clients/redis-callers.ts';
import { ReservingCallers } from './clients/reserving-callers.ts';
import type { Engines } from './installation/engines.ts';
import type { Workers } from './installation/workers.ts';

/** How long streams must last without any allocator. */
const RIDE_THROUGH_MS = 15_000;
const CREATE_TIMEOUT_MS = 10_000;
const CREATE_ATTEMPTS = 20;

/**
 * Values of a call at most, of the 10,000 that a call may ask for. The checker works on intervals, and the installation does, so that a large
 * block costs neither more than a small one; the mean is an eighth of it.
 */
const COUNT_MAX = 3_000;
/** In an order, where all callers wait for each other. */
const COUNT_IN_ORDER_MAX = 1_000;

export const SEQUENCES: readonly object[] = [
  { name: 'orders', rideThroughMs: RIDE_THROUGH_MS },
  { name: 'tickets', order: 'stream', rideThroughMs: RIDE_THROUGH_MS },
  { name: 'receipts', answersKept: 'ever', rideThroughMs: RIDE_THROUGH_MS },
  { name: 'invoices', guarantee: 'gapless' },
];

/** Streams that are forecast for, and so can be lied about. */
export const STREAMS = ['orders/chaos/web', 'orders/chaos/app', 'orders/chaos/direct', 'tickets/chaos/desk', 'receipts/chaos/shop'];

export interface FleetOptions {
  readonly engines: Engines;
  readonly workers: Workers;
  readonly directory: string;
  readonly answers: Answers;
  readonly seed: number;
  /** Calls a second, relative to the usual ones. */
  readonly pace: number;
}

export class Fleet {
  readonly all: readonly Callers[];
  readonly #reserving: ReservingCallers;
  #stopped: Promise<unknown> | undefined;

  constructor({ engines, workers, directory, answers, seed, pace }: FleetOptions) {
    const gateways = workers.of('gateway').map(({ url }) => url);
    const own = (name: string, callers: number, perSecond: number, salt: number) => ({
      ...{ name, callers, perSecond: perSecond * pace, seed: seed * 100 + salt, directory, answers },
    });
    const astray = engines.redis.nodes.map(({ port }) => port);
    const charge = { port: engines.redis.line.port, astray };
    this.#reserving = new ReservingCallers({ ...own('numbers', 4, 2, 6), gateways, sequence: 'invoices' });
    this.all = [
      new HttpCallers({
        ...own('http', 8, 10, 1),
        ...{ gateways, sequence: 'orders', services: ['web', 'app', 'direct'], countMax: COUNT_MAX, givesBack: 0.15 },
      }),
      new RedisCallers({ ...own('redis', 8, 12, 2), ...charge, sequence: 'orders', services: ['direct', 'web'], countMax: COUNT_MAX }),
      new HttpCallers({ ...own('http-ordered', 3, 5, 3), gateways, sequence: 'tickets', services: ['desk'], countMax: COUNT_IN_ORDER_MAX }),
      new RedisCallers({
        ...own('redis-ordered', 3, 5, 4),
        ...charge,
        sequence: 'tickets',
        services: ['desk'],
        countMax: COUNT_IN_ORDER_MAX,
      }),
      new HttpCallers({
        ...own('http-keys', 3, 5, 5),
        gateways,
        sequence: 'receipts',
        services: ['shop'],
        hasKeys: true,
        countMax: COUNT_MAX,
      }),
      new KafkaCallers({ ...own('kafka', 6, 5, 7), brokers: engines.kafka, sequence: 'receipts', service: 'mail', countMax: COUNT_MAX }),
      this.#reserving,
    ];
  }

  get kinds(): string[] {
    return this.all.map(({ name }) => name);
  }

  get voids(): readonly string[] | undefined {
    return this.#reserving.voids;
  }

  start(): void {
    for (const callers of this.all) callers.start();
  }

  /** Asked again, it resolves with the first time. */
  async stop(withinMs: number): Promise<void> {
    this.#stopped ??= Promise.all(this.all.map((callers) => callers.stop(withinMs)));
    await this.#stopped;
  }
}

export async function createSequences(gateway: string, sequences: readonly object[]): Promise<void> {
  const poster = new Poster();
  try {
    for (const sequence of sequences) {
      for (let attempt = 1; ; attempt++) {
        const { status, body } = await poster.post(`${gateway}/v1/sequences`, sequence, { timeoutMs: CREATE_TIMEOUT_MS });
        if (status === 201 || status === 200) break;
        if (attempt === CREATE_ATTEMPTS) throw new Error(`${JSON.stringify(sequence)} was not created: ${JSON.stringify(body)}`);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  } finally {
    poster.close();
  }
}
