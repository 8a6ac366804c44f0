/**
 * Records as Kafka keeps them: one batch of a partition, uncompressed, in the second format (magic 2), byte for byte as kafkajs writes
 * it. It is written here because kafkajs takes half a kilobyte of fresh memory for each record, and an answer is a hundred bytes.
 */
import type { Message } from 'kafkajs';

/** From the attributes to the first record. */
const ATTRIBUTES_AT = 21;
const HEAD_BYTES = 61;
/** What the length field of a batch does not count: itself and the offset before it. */
const UNCOUNTED_BYTES = 12;
const MAGIC = 2;
const NO_PRODUCER = -1n;
/** The reversed polynomial of CRC-32C. */
const CASTAGNOLI = 0x82f63b78;
const CRC_TABLE = crcTable();

/** Texts and their lengths are needed twice: to know how large the batch is, and to write it. */
interface SizedRecord {
  readonly message: Message;
  readonly bodyBytes: number;
}

export function recordBatch(messages: readonly Message[], nowMs: number): Buffer {
  const records = messages.map((message, index): SizedRecord => ({ message, bodyBytes: bodyBytesOf(message, index) }));
  const recordBytes = records.reduce((sum, { bodyBytes }) => sum + varintBytes(bodyBytes) + bodyBytes, 0);
  const batch = Buffer.allocUnsafe(HEAD_BYTES + recordBytes);
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.length - UNCOUNTED_BYTES, 8);
  batch.writeInt32BE(0, 12);
  batch.writeInt8(MAGIC, 16);
  batch.writeInt16BE(0, ATTRIBUTES_AT);
  batch.writeInt32BE(messages.length - 1, 23);
  batch.writeBigInt64BE(BigInt(nowMs), 27);
  batch.writeBigInt64BE(BigInt(nowMs), 35);
  batch.writeBigInt64BE(NO_PRODUCER, 43);
  batch.writeInt16BE(0, 51);
  batch.writeInt32BE(0, 53);
  batch.writeInt32BE(messages.length, 57);
  let at = HEAD_BYTES;
  for (const [index, record] of records.entries()) at = writeRecord(batch, at, record, index);
  batch.writeUInt32BE(crc32c(batch, ATTRIBUTES_AT), 17);
  return batch;
}

function bodyBytesOf({ key, value, headers }: Message, index: number): number {
  // One byte of attributes, one for the distance in time, which is none.
  let bytes = 2 + varintBytes(index) + sizedBytes(key) + sizedBytes(value);
  let count = 0;
  for (const name in headers) {
    bytes += sizedBytes(name) + sizedBytes(headers[name] as string);
    count++;
  }
  return bytes + varintBytes(count);
}

function writeRecord(batch: Buffer, from: number, { message, bodyBytes }: SizedRecord, index: number): number {
  const { key, value, headers } = message;
  let at = writeVarint(batch, from, bodyBytes);
  batch[at++] = 0;
  batch[at++] = 0;
  at = writeVarint(batch, at, index);
  at = writeSized(batch, at, key);
  at = writeSized(batch, at, value);
  const names = headers === undefined ? [] : Object.keys(headers);
  at = writeVarint(batch, at, names.length);
  for (const name of names) {
    at = writeSized(batch, at, name);
    at = writeSized(batch, at, headers?.[name] as string);
  }
  return at;
}

/** Of a text or bytes with their length before them; of nothing, the length -1. */
function sizedBytes(value: Buffer | string | null | undefined): number {
  if (value === null || value === undefined) return varintBytes(-1);
  const bytes = typeof value === 'string' ? Buffer.byteLength(value) : value.length;
  return varintBytes(bytes) + bytes;
}

function writeSized(batch: Buffer, from: number, value: Buffer | string | null | undefined): number {
  if (value === null || value === undefined) return writeVarint(batch, from, -1);
  if (typeof value === 'string') {
    const at = writeVarint(batch, from, Buffer.byteLength(value));
    return at + batch.write(value, at);
  }
  const at = writeVarint(batch, from, value.length);
  batch.set(value, at);
  return at + value.length;
}

/** Small numbers of either sign take one byte. */
function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let left = zigzag(value) >>> 7; left !== 0; left >>>= 7) bytes++;
  return bytes;
}

function writeVarint(batch: Buffer, from: number, value: number): number {
  let at = from;
  let left = zigzag(value);
  for (; left > 0x7f; left >>>= 7) batch[at++] = (left & 0x7f) | 0x80;
  batch[at++] = left;
  return at;
}

function crc32c(bytes: Buffer, from: number): number {
  let crc = 0xffffffff;
  for (let at = from; at < bytes.length; at++) crc = (CRC_TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function crcTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ CASTAGNOLI;
    return crc;
  });
}
