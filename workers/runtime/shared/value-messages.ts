/**
 * Requests for values over Kafka, and their replies, as bytes: Avro like everything else, or JSON for whoever has no Avro at hand. A
 * reply is written in the form of its request.
 */
import { SequenceError } from '../../../core/errors.ts';
import { CLIENT_ID_LENGTH_MAX, VALUES_LISTED_MAX } from '../../../core/limits.ts';
import { decode, encode } from '../../../schemas/codec.ts';
import type { ValueReply, ValueRequest } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import type { NextAnswer, ValueBlock } from '../service/service.ts';

export type RequestFormat = 'avro' | 'json';

export interface ReadRequest {
  readonly request: ValueRequest;
  readonly format: RequestFormat;
}

/** A request is a few names and a number. */
const REQUEST_BYTES_MAX = 4_096;
/** `{`, which no Avro message of ours begins with. */
const JSON_BEGIN = 0x7b;
const JSON_FIELDS = ['request', 'sequence', 'count', 'clientId', 'clientType', 'service', 'replyTopic'] as const;
const TOPIC_PATTERN = /^[a-zA-Z0-9._-]{1,249}$/;

/** Throws what is wrong with it; then nobody knows whom to answer. */
export function readRequest(bytes: Uint8Array): ReadRequest {
  if (bytes.byteLength > REQUEST_BYTES_MAX) {
    throw new SequenceError('SEQ_BODY_TOO_LARGE', `a request has ${bytes.byteLength} bytes, at most ${REQUEST_BYTES_MAX} are read`);
  }
  if (bytes[0] === JSON_BEGIN) return { request: checked(fromJson(bytes)), format: 'json' };
  const message = decode(bytes);
  if (message.kind !== 'ValueRequest') {
    throw new SequenceError('SEQ_SCHEMA_INVALID', `a ${message.kind} does not belong on ${TOPICS.requests.name}`);
  }
  return { request: checked(message), format: 'avro' };
}

/** What of an answer goes over Kafka. */
export type AnsweredValues = Pick<NextAnswer, 'blocks' | 'period' | 'printing'>;

/** With the values as they are printed, where the sequence has a format and they are no more than HTTP would list, too. */
export function valueReply({ request, sequence }: ValueRequest, { blocks, period = '', printing }: AnsweredValues): ValueReply {
  const plain = blocks.map(({ start, count, increment }) => ({ start, count, increment }));
  const isListed = printing !== undefined && plain.reduce((sum, { count }) => sum + count, 0) <= VALUES_LISTED_MAX;
  const formatted = isListed ? plain.flatMap((block) => valuesOf(block).map((value) => printing.write(value))) : [];
  return { kind: 'ValueReply', request, sequence, blocks: plain, error: '', message: '', formatted, period };
}

function valuesOf({ start, count, increment }: ValueBlock): bigint[] {
  return Array.from({ length: count }, (_, index) => start + BigInt(index) * increment);
}

export function errorReply({ request, sequence }: ValueRequest, error: unknown): ValueReply {
  const { code, message } = error instanceof SequenceError ? error : { code: 'SEQ_INTERNAL', message: 'something failed' };
  return { kind: 'ValueReply', request, sequence, blocks: [], error: code, message, formatted: [], period: '' };
}

export function replyBytes(reply: ValueReply, format: RequestFormat): Uint8Array {
  if (format === 'avro') return encode(reply);
  const { request, sequence, blocks, error, message, formatted, period } = reply;
  if (error !== '') return Buffer.from(JSON.stringify({ request, sequence, error, message }));
  const texts = blocks.map(({ start, count, increment }) => ({ start: String(start), count, increment: String(increment) }));
  const printed = { ...(formatted.length > 0 && { formatted }), ...(period !== '' && { period }) };
  return Buffer.from(JSON.stringify({ request, sequence, blocks: texts, ...printed }));
}

/** Throws `SEQ_CONFIG_INVALID` for a topic that answers must never go to. */
export function checkReplyTopic(topic: string): void {
  const isOurs = Object.values(TOPICS).some(({ name }) => name === topic) && topic !== TOPICS.values.name;
  if (TOPIC_PATTERN.test(topic) && !isOurs) return;
  throw new SequenceError(
    'SEQ_CONFIG_INVALID',
    `${topic} cannot be a reply topic: ${isOurs ? 'seqcast itself reads it' : 'that is no name of a topic'}`,
  );
}

function fromJson(bytes: Uint8Array): ValueRequest {
  let said: unknown;
  try {
    said = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw new SequenceError('SEQ_INVALID_REQUEST', 'a request begins like JSON and is none');
  }
  const fields = said as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(fields).find((name) => !(JSON_FIELDS as readonly string[]).includes(name));
  if (unknown !== undefined) throw new SequenceError('SEQ_INVALID_REQUEST', `${unknown} is not one of ${JSON_FIELDS.join(', ')}`);
  const { request, sequence, count = 1, clientId = '', clientType = '', service = '', replyTopic = TOPICS.values.name } = fields;
  for (const [name, value] of Object.entries({ request, sequence, clientId, clientType, service, replyTopic })) {
    if (typeof value !== 'string') throw new SequenceError('SEQ_INVALID_REQUEST', `${name} is not text`);
  }
  if (typeof count !== 'number') throw new SequenceError('SEQ_INVALID_REQUEST', 'count is not a number');
  return { kind: 'ValueRequest', request, sequence, count, clientId, clientType, service, replyTopic } as ValueRequest;
}

function checked(request: ValueRequest): ValueRequest {
  const { request: id } = request;
  if (id.length >= 1 && id.length <= CLIENT_ID_LENGTH_MAX) return request;
  throw new SequenceError(
    'SEQ_INVALID_REQUEST',
    `a request id has 1 to ${CLIENT_ID_LENGTH_MAX} characters: without one it could be answered twice`,
  );
}
