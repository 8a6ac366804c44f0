/**
 * The sequence object over Kafka. An answer is not numbered and cannot be given back, so nothing is fetched ahead: each request brings
 * exactly what the callers want that waited when it was sent, and `close()` has nothing to give back.
 */
import { SeqcastClientError } from './client-error.ts';
import type { KafkaRequest, KafkaValues } from './kafka-requests.ts';
import { type BlocksAnswer, type FormattedValue, type Transport, valuesOf } from './transport.ts';

/** Printed values come with an answer of no more than this. */
const PRINTED_MAX = 1_000;

interface Requesting {
  request(request: KafkaRequest): Promise<KafkaValues>;
}

export class KafkaTransport implements Transport {
  readonly fetchesAhead = false;
  readonly #requests: Requesting;
  readonly #sequence: string;

  constructor(requests: Requesting, sequence: string) {
    this.#requests = requests;
    this.#sequence = sequence;
  }

  async next(count: number): Promise<BlocksAnswer> {
    const { blocks } = await this.#requests.request({ sequence: this.#sequence, count });
    return { order: 'stream', blocks };
  }

  async nextFormatted(count: number): Promise<readonly FormattedValue[]> {
    const counts = Array.from({ length: Math.ceil(count / PRINTED_MAX) }, (_, index) => Math.min(PRINTED_MAX, count - index * PRINTED_MAX));
    const parts = await Promise.all(counts.map((each) => this.#requests.request({ sequence: this.#sequence, count: each })));
    return parts.flatMap(({ blocks, formatted }) => {
      const values = blocks.flatMap(valuesOf);
      if (formatted.length === 0) return [];
      if (formatted.length !== values.length) throw new SeqcastClientError('SEQ_INTERNAL', 'an answer prints other values than it has');
      return values.map((value, index) => ({ value, formatted: formatted[index] as string }));
    });
  }

  /** Nothing has a number under which it could come back. */
  giveBack(): Promise<number> {
    return Promise.resolve(0);
  }
}
