/**
 * Messages to bytes and back, in Avro's single-object encoding: `C3 01`, the fingerprint of the schema it was written with
 * (CRC-64-AVRO, little-endian), the body. The kind of a message is not in the body; it follows from the fingerprint.
 *
 * Promises: what `encode` takes, `decode` gives back equal; what any released version wrote is read as this version's message;
 * anything else is refused with `SEQ_SCHEMA_UNKNOWN` or `SEQ_SCHEMA_INVALID` before it costs more than its own length.
 */
import { SequenceError } from '../core/errors.ts';
import { BodyReader, Misread } from './body-reader.ts';
import { BodyWriter, Misfit } from './body-writer.ts';
import { compileReader, type ReadBody } from './compiled-reader.ts';
import { compileWriter, type WriteBody } from './compiled-writer.ts';
import { type Fingerprint, fingerprintText } from './fingerprint.ts';
import { firstMisfit } from './misfit.ts';
import { CURRENT, RELEASES } from './released.ts';
import type { RecordType } from './schema.ts';
import type { Kind, Message } from './topics.ts';

/** Largest message: below what a Kafka broker takes by default (1 MiB with key, headers and batch). */
export const MESSAGE_BYTES_MAX = 1_000_000;

const MARKER = [0xc3, 0x01] as const;
const HEADER_BYTES = 10;

interface Encoding {
  readonly record: RecordType;
  readonly header: Uint8Array;
  write: WriteBody | undefined;
}

interface Decoding {
  readonly kind: Kind;
  readonly high: number;
  readonly from: RecordType;
  read: ReadBody<Message> | undefined;
}

const encodings: ReadonlyMap<string, Encoding> = new Map(
  [...CURRENT].map(([kind, { record, fingerprint }]) => [kind, { record, header: headerOf(fingerprint), write: undefined }]),
);
/** By the low half of the fingerprint: a test makes sure that no two releases share it. */
const decodings: ReadonlyMap<number, Decoding> = new Map(
  RELEASES.map(({ kind, schema }) => {
    const { low, high } = schema.fingerprint;
    return [low, { kind, high, from: schema.record, read: undefined }];
  }),
);
const writer = new BodyWriter(MESSAGE_BYTES_MAX);
const reader = new BodyReader();

/** Throws `SEQ_SCHEMA_INVALID` naming the field when the message is not what its type says. */
export function encode(message: Message): Uint8Array {
  const encoding = encodings.get(message.kind);
  if (encoding === undefined) throw invalid(`there is no message of kind ${String(message.kind).slice(0, 40)}`, 'kind');
  try {
    writer.open(encoding.header);
    // Compiled on first use: a process writes few of the kinds.
    encoding.write ??= compileWriter(encoding.record);
    encoding.write(writer, message);
    return writer.taken();
  } catch (cause) {
    const misfit = firstMisfit(encoding.record, message, message.kind);
    if (misfit !== undefined) throw invalid(`${misfit.field} ${misfit.wrong}`, misfit.field, cause);
    if (cause instanceof Misfit) throw invalid(`a ${message.kind} is larger than ${MESSAGE_BYTES_MAX} bytes`, message.kind, cause);
    throw cause;
  }
}

/** Reads a message. Byte fields of it are views of `bytes`, so the caller must not write over them. */
export function decode(bytes: Uint8Array): Message {
  if (bytes.length > MESSAGE_BYTES_MAX) throw invalid(`a message has ${bytes.length} bytes: at most ${MESSAGE_BYTES_MAX} are read`);
  if (bytes.length < HEADER_BYTES || bytes[0] !== MARKER[0] || bytes[1] !== MARKER[1]) throw invalid('bytes do not begin like a message');
  const decoding = decodings.get(halfAt(bytes, 2));
  if (decoding === undefined || decoding.high !== halfAt(bytes, 6)) throw unknown(bytes);
  try {
    decoding.read ??= compileReader<Message>(decoding.from, (encodings.get(decoding.kind) as Encoding).record);
    reader.open(bytes, HEADER_BYTES);
    const message = decoding.read(reader);
    reader.close();
    return message;
  } catch (cause) {
    if (cause instanceof Misread) throw invalid(`a ${decoding.kind} cannot be read: ${cause.message}`, decoding.kind, cause);
    throw cause;
  }
}

function halfAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
}

function headerOf({ low, high }: Fingerprint): Uint8Array {
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  header.setUint8(0, MARKER[0]);
  header.setUint8(1, MARKER[1]);
  header.setInt32(2, low, true);
  header.setInt32(6, high, true);
  return new Uint8Array(header.buffer);
}

function unknown(bytes: Uint8Array): SequenceError {
  const fingerprint = fingerprintText({ low: halfAt(bytes, 2), high: halfAt(bytes, 6) });
  return new SequenceError('SEQ_SCHEMA_UNKNOWN', `schema ${fingerprint} is not in the history: written by a newer or foreign version`, {
    fingerprint,
  });
}

function invalid(message: string, field?: string, cause?: unknown): SequenceError {
  return new SequenceError('SEQ_SCHEMA_INVALID', message, field === undefined ? {} : { field }, cause === undefined ? {} : { cause });
}
