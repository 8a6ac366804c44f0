/**
 * One produce request, written here and sent by kafkajs: its versions, its connection and its reading of the answer are kafkajs's own, only
 * the bytes of the records are not. Guarded: where kafkajs is not built as it was, it writes the request by itself.
 */
import { createRequire } from 'node:module';
import type { Broker, Message } from 'kafkajs';
import { recordBatch } from './record-batch.ts';

export interface Produce {
  readonly acks: number;
  readonly timeout: number;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly messages: Message[] }[];
  }[];
}

/** What kafkajs sends: it asks for the bytes once the request is due. */
interface ProtocolRequest {
  readonly request: { readonly apiVersion: number; readonly encode: () => Promise<unknown> };
  readonly response: unknown;
}

interface InnerBroker {
  lookupRequest(apiKey: number, definition: unknown): (produce: Produce) => ProtocolRequest;
  readonly connectionPool: { send(request: ProtocolRequest): Promise<unknown> };
}

const DEFINITIONS_MODULE = 'kafkajs/src/protocol/requests/index.js';
const PRODUCE_KEY = 0;
/** Versions whose request has the same fields: earlier ones hold records of another format, later ones kafkajs does not know. */
const VERSION_MIN = 3;
const VERSION_MAX = 7;
const DEFINITION = definition();

export function produce(broker: Broker, what: Produce): Promise<unknown> {
  const inner = broker as unknown as Partial<InnerBroker>;
  const asUsual = { ...what, topicData: what.topicData.map(({ topic, partitions }) => ({ topic, partitions: [...partitions] })) };
  if (DEFINITION === undefined || inner.connectionPool === undefined) return broker.produce(asUsual);
  const { request, response } = (inner as InnerBroker).lookupRequest(PRODUCE_KEY, DEFINITION)({ ...what, topicData: [] });
  if (request.apiVersion < VERSION_MIN || request.apiVersion > VERSION_MAX) return broker.produce(asUsual);
  return inner.connectionPool.send({ response, request: { ...request, encode: async () => encoded(what) } });
}

/** In the form of kafkajs's own encoder. */
function encoded(what: Produce): { readonly buf: Buffer; readonly buffer: Buffer } {
  const bytes = produceBody(what, Date.now());
  return { buf: bytes, buffer: bytes };
}

export function produceBody({ acks, timeout, topicData }: Produce, nowMs: number): Buffer {
  // No transaction.
  const parts = [int16(-1), int16(acks), int32(timeout), int32(topicData.length)];
  for (const { topic, partitions } of topicData) {
    parts.push(int16(Buffer.byteLength(topic)), Buffer.from(topic), int32(partitions.length));
    for (const { partition, messages } of partitions) {
      const batch = recordBatch(messages, nowMs);
      parts.push(int32(partition), int32(batch.length), batch);
    }
  }
  return Buffer.concat(parts);
}

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function definition(): unknown {
  try {
    const { requests } = createRequire(import.meta.url)(DEFINITIONS_MODULE) as { readonly requests?: { readonly Produce?: unknown } };
    return requests?.Produce;
  } catch {
    return undefined;
  }
}
