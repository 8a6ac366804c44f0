/** What is refused and why, and that what is refused costs nothing. */
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../core/errors.ts';
import type { ShardAllocated, ShardReturned } from '../../core/ledger/records.ts';
import { decode, encode, MESSAGE_BYTES_MAX } from '../../schemas/codec.ts';
import type { BurstDeclared, SnapshotChunk } from '../../schemas/messages.ts';
import type { Message } from '../../schemas/topics.ts';

const returned: ShardReturned = { kind: 'ShardReturned', shard: 7, incarnation: 'k3', slices: [{ start: 4, end: 9 }] };
const allocated: ShardAllocated = {
  kind: 'ShardAllocated',
  start: 0,
  end: 1_000,
  source: 256,
  stream: 'orders/web/checkout',
  pool: 'pool-1',
  incarnation: 'k3',
  order: 1,
  decision: {
    trigger: 'order',
    position: -3,
    reorderPoint: 32,
    orderUpTo: 997,
    rate: 0.25,
    reserve: 'ride-through',
    forecastAtMs: 0,
    decidedAtMs: 1_700_000_000_000,
  },
};
const burst: BurstDeclared = { kind: 'BurstDeclared', stream: 's', rate: 5, fromMs: 1, untilMs: 2 };

function chunk(byteCount: number): SnapshotChunk {
  const position = { partition: 0, logId: 'l', offset: 1, lastRecordHash: '', level: 1, stateSchema: 1 };
  return { kind: 'SnapshotChunk', stage: 'shards', ...position, chunk: 0, chunks: 1, bytes: new Uint8Array(byteCount), checksum: '' };
}

function refusal(code: ErrorCode, message: RegExp, field?: string): object {
  return expect.objectContaining({ code, message: expect.stringMatching(message), ...(field === undefined ? {} : { details: { field } }) });
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return 'nothing';
}

describe('a message on the wire', () => {
  it('is the marker, the fingerprint of its schema and the body, as the specification lays them out', () => {
    const bytes = encode({ kind: 'RangeOpened', claimPartition: 1, claimOffset: -1 });
    expect(Buffer.from(bytes).toString('hex')).toMatch(/^c301[0-9a-f]{16}0201$/);
  });

  it('has a buffer of its own, so that it can be handed to another thread', () => {
    const bytes = encode(allocated);
    expect(bytes.buffer.byteLength).toBe(bytes.length);
  });

  it('is a plain object again, with its kind first', () => {
    const again = decode(encode(allocated));
    expect(again).toStrictEqual(allocated);
    expect(Object.keys(again)[0]).toBe('kind');
  });

  it('is read from the middle of a larger buffer', () => {
    const padded = new Uint8Array([9, 9, 9, ...encode(chunk(5)), 9]);
    expect(decode(padded.subarray(3, -1))).toStrictEqual(chunk(5));
  });

  it('is read when an array comes in several blocks, also in those that state their size', () => {
    const [head, slice] = [encode(returned).subarray(0, -4), [8, 18]];
    expect(decode(new Uint8Array([...head, 2, ...slice, 1, 4, ...slice, 0]))).toEqual({
      ...returned,
      slices: [
        { start: 4, end: 9 },
        { start: 4, end: 9 },
      ],
    });
  });
});

describe('encode', () => {
  const wrong: [string, unknown, RegExp, string][] = [
    [
      'a fraction where a count belongs',
      { ...returned, shard: 1.5 },
      /^ShardReturned.shard is 1.5, not a whole number/,
      'ShardReturned.shard',
    ],
    ['a number beyond the safe range', { ...returned, shard: 2 ** 53 }, /shard is 9007199254740992/, 'ShardReturned.shard'],
    ['a bigint where a number belongs', { ...returned, shard: 7n }, /shard is 7n, not a whole number/, 'ShardReturned.shard'],
    ['a missing field', { ...returned, incarnation: undefined }, /incarnation is undefined/, 'ShardReturned.incarnation'],
    ['half a surrogate pair', { ...returned, incarnation: 'a\ud800' }, /not well-formed text/, 'ShardReturned.incarnation'],
    ['a wrong item of an array', { ...returned, slices: [{ start: 1 }] }, /slices\[0\].end is undefined/, 'ShardReturned.slices[0].end'],
    ['no array', { ...returned, slices: {} }, /slices is an object, not an array/, 'ShardReturned.slices'],
    ['a missing record', { ...allocated, decision: null }, /decision is null, not a record/, 'ShardAllocated.decision'],
    [
      'an unknown word',
      { ...allocated, decision: { ...allocated.decision, reserve: 'ride_through' } },
      /reserve is "ride_through", not one of floor, peak/,
      'ShardAllocated.decision.reserve',
    ],
    ['a rate that is not a number', { ...burst, rate: Number.NaN }, /rate is NaN, not a finite number/, 'BurstDeclared.rate'],
    ['an infinite rate', { ...burst, rate: Number.POSITIVE_INFINITY }, /rate is Infinity/, 'BurstDeclared.rate'],
    ['an unknown kind', { kind: 'ShardLent' }, /no message of kind ShardLent/, 'kind'],
    ['bytes that are none', { ...chunk(1), bytes: 'abc' }, /bytes is "abc", not a Uint8Array/, 'SnapshotChunk.bytes'],
  ];

  it.each(wrong)('refuses %s and names the field', (_, message, text, field) => {
    expect(thrownBy(() => encode(message as Message))).toEqual(refusal('SEQ_SCHEMA_INVALID', text, field));
  });

  it.each([2n ** 63n, -(2n ** 63n) - 1n])('refuses %s, which has more than 64 bits', (start) => {
    const blocks = [{ start, count: 1, increment: 1n }];
    const reply: Message = { kind: 'ValueReply', request: 'r', sequence: 's', blocks, error: '', message: '', formatted: [], period: '' };
    expect(thrownBy(() => encode(reply))).toEqual(refusal('SEQ_SCHEMA_INVALID', /a bigint of 64 bits/, 'ValueReply.blocks[0].start'));
  });

  it('refuses what would be too large to read, however it is too large', () => {
    const tooLarge = refusal('SEQ_SCHEMA_INVALID', /larger than 1000000 bytes/);
    expect(thrownBy(() => encode(chunk(MESSAGE_BYTES_MAX)))).toEqual(tooLarge);
    expect(thrownBy(() => encode({ ...burst, stream: 'a'.repeat(MESSAGE_BYTES_MAX) }))).toEqual(tooLarge);
    expect(thrownBy(() => encode({ ...burst, stream: 'ä'.repeat(MESSAGE_BYTES_MAX) }))).toEqual(tooLarge);
    expect(decode(encode(chunk(MESSAGE_BYTES_MAX - 100)))).toEqual(chunk(MESSAGE_BYTES_MAX - 100));
  });

  it('writes the next message well after one that was refused', () => {
    thrownBy(() => encode({ ...returned, slices: [{ start: 1, end: Number.NaN }] }));
    expect(decode(encode(returned))).toEqual(returned);
  });
});

describe('decode', () => {
  const body = (...bytes: number[]): Uint8Array => new Uint8Array([...encode(returned).subarray(0, 10), ...bytes]);

  it('refuses a schema that is not in the history', () => {
    const bytes = encode(returned);
    bytes[9] = (bytes[9] as number) ^ 1;
    expect(thrownBy(() => decode(bytes))).toEqual(
      refusal('SEQ_SCHEMA_UNKNOWN', /^schema [0-9a-f]{16} is not in the history: written by a newer or foreign/),
    );
  });

  it.each([
    ['no bytes', new Uint8Array(0), /do not begin like a message/],
    ['text', new TextEncoder().encode('{"kind":"ShardReturned"}'), /do not begin like a message/],
    ['bytes after the end', new Uint8Array([...encode(returned), 0]), /1 bytes follow its end/],
    ['no body', body(), /ShardReturned cannot be read: it ends in the middle/],
    ['a text longer than what is left', body(2, 0x7e, 0x61), /ends in the middle/],
    ['a text of negative length', body(2, 1, 0x61), /ends in the middle/],
    ['text that is not UTF-8', body(2, 4, 0xc3, 0x28, 0), /a text is not UTF-8/],
    ['a number beyond the safe range', body(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40), /outside the safe range/],
    ['a number that never ends', body(...new Array<number>(12).fill(0xff)), /more than 64 bits/],
  ])('refuses %s', (_, bytes, message) => {
    expect(thrownBy(() => decode(bytes))).toEqual(refusal('SEQ_SCHEMA_INVALID', message));
  });

  it('refuses more bytes than a message may have', () => {
    const bytes = new Uint8Array(MESSAGE_BYTES_MAX + 1);
    expect(thrownBy(() => decode(bytes))).toEqual(refusal('SEQ_SCHEMA_INVALID', /at most 1000000 are read/));
  });

  it('does not believe a count that the bytes cannot hold', () => {
    const bomb = body(2, 2, 0x61, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1, 1);
    expect(thrownBy(() => decode(bomb))).toEqual(refusal('SEQ_SCHEMA_INVALID', /ends in the middle/));
  });

  it('reads the ends of what a number holds exactly', () => {
    for (const end of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      expect(decode(encode({ ...returned, slices: [{ start: 0, end }] }))).toEqual({ ...returned, slices: [{ start: 0, end }] });
    }
  });
});
