/**
 * The entry `seqcast-client/kafka`: values over Kafka, for applications that speak to nothing else: a request on `seqcast.requests`, its
 * answer on a reply topic. It needs `kafkajs`, which the application brings; `connect('kafka://…')` loads it by itself.
 */
import type { KafkaConfig } from 'kafkajs';
import { Client, type SeqcastClient } from './client.ts';
import { SeqcastClientError } from './client-error.ts';
import { Announcer, type ClientHooks, Standing } from './client-events.ts';
import { kafkaConnections } from './kafka-connections.ts';
import { type KafkaRequest, KafkaRequests, type KafkaValues } from './kafka-requests.ts';
import { KafkaTransport } from './kafka-transport.ts';
import { checkedSettings, type SequenceSettings } from './sequence.ts';

export type { KafkaRequest, KafkaValues };

export interface KafkaClientOptions extends Partial<SequenceSettings>, ClientHooks {
  /** As kafkajs takes it: brokers, TLS, SASL. */
  readonly kafka: KafkaConfig;
  /** Where answers come; it must be on the allow-list of the gateways. */
  readonly replyTopic?: string;
  readonly requestTopic?: string;
  readonly clientType?: string;
  readonly service?: string;
  readonly clientId?: string;
  /** Sent in the header `seqcast-key` of each request: it stays in the topic as long as that keeps its records. */
  readonly apiKey?: string;
  /** How long a request may take, waits for an allocation included. */
  readonly timeoutMs?: number;
}

export interface KafkaClient extends SeqcastClient {
  /** Resolves with the values; rejects with a `SeqcastClientError` that has the code of the server's answer. */
  request(request: KafkaRequest): Promise<KafkaValues>;
}

/** Longer than any wait for an allocation that the server allows itself. */
const TIMEOUT_MS = 40_000;

/** Connects, and resolves once answers will be heard. */
export async function connectKafka(options: KafkaClientOptions): Promise<KafkaClient> {
  const { onEvent, onRequest, timeoutMs = TIMEOUT_MS, firstPauseMs, idleMs } = options;
  const given = { timeoutMs, ...(firstPauseMs !== undefined && { firstPauseMs }), ...(idleMs !== undefined && { idleMs }) };
  const settings = checkedSettings(given);
  const hooks: ClientHooks = { ...(onEvent && { onEvent }), ...(onRequest && { onRequest }) };
  const installed = await kafkajs();
  const connections = () => kafkaConnections(installed, options.kafka);
  const requests = new KafkaRequests({ ...options, timeoutMs }, connections, new Standing(new Announcer(hooks)));
  try {
    await requests.open();
  } catch (error) {
    await requests.close();
    throw error;
  }
  return new SequencesOverKafka(requests, { ...settings, ...hooks });
}

/** Imported only here, when somebody connects. */
async function kafkajs(): Promise<typeof import('kafkajs')> {
  try {
    return await import('kafkajs');
  } catch (cause) {
    throw new SeqcastClientError('SEQ_UNSUPPORTED', 'values over Kafka need the package kafkajs, which is not there', {
      whatToDo: 'Install it beside seqcast-client: npm install kafkajs',
      cause,
    });
  }
}

class SequencesOverKafka extends Client implements KafkaClient {
  readonly #requests: KafkaRequests;

  constructor(requests: KafkaRequests, settings: SequenceSettings & ClientHooks) {
    super({ transport: (sequence) => new KafkaTransport(requests, sequence), close: () => requests.close() }, settings);
    this.#requests = requests;
  }

  request(request: KafkaRequest): Promise<KafkaValues> {
    return this.#requests.request(request);
  }
}
