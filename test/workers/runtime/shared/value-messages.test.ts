import { describe, expect, it } from 'vitest';
import { SequenceError } from '../../../../core/errors.ts';
import { type Printing, printingOf } from '../../../../core/format/printed-form.ts';
import { defineSequence, type SequenceDefinition } from '../../../../core/sequence.ts';
import { decode, encode } from '../../../../schemas/codec.ts';
import type { ValueRequest } from '../../../../schemas/messages.ts';
import { checkReplyTopic, errorReply, readRequest, replyBytes, valueReply } from '../../../../workers/runtime/shared/value-messages.ts';

const REQUEST: ValueRequest = {
  kind: 'ValueRequest',
  request: 'r-1',
  sequence: 'orders',
  clientType: 'web',
  service: 'checkout',
  count: 3,
  replyTopic: 'seqcast.values',
  clientId: '',
};
const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

function printed(format: string): { readonly definition: SequenceDefinition; readonly periodStart: string } {
  const periodStart = '2026-11-29';
  return { definition: defineSequence({ format, reset: 'daily', timeZone: 'Europe/Berlin', periodStart }), periodStart };
}

describe('a request over Kafka', () => {
  it('is read from Avro and from JSON alike', () => {
    expect(readRequest(encode(REQUEST))).toEqual({ request: REQUEST, format: 'avro' });
    const { kind: _, clientId: __, ...said } = REQUEST;
    expect(readRequest(json(said))).toEqual({ request: REQUEST, format: 'json' });
  });

  it('asks for one value of the default stream, on the default topic, where JSON says no more', () => {
    const { request } = readRequest(json({ request: 'r-2', sequence: 'orders' }));
    expect(request).toMatchObject({ count: 1, clientType: '', service: '', clientId: '', replyTopic: 'seqcast.values' });
  });

  it.each([
    ['without an id', json({ request: '', sequence: 'orders' }), /request id/],
    ['with a field nobody knows', json({ request: 'r', sequence: 'orders', cuont: 3 }), /cuont/],
    ['with a number for a name', json({ request: 'r', sequence: 7 }), /sequence is not text/],
    ['that only begins like JSON', Buffer.from('{"request":'), /is none/],
    ['of another kind', encode({ kind: 'BurstDeclared', stream: 'a/b/c', rate: 1, fromMs: 0, untilMs: 1 }), /BurstDeclared/],
    ['larger than any request', new Uint8Array(5_000), /5000 bytes/],
  ])('%s is refused with what is wrong', (_, bytes, wrong) => {
    expect(() => readRequest(bytes)).toThrow(wrong);
  });
});

describe('a reply over Kafka', () => {
  const blocks = [{ start: 9_007_199_254_740_993n, count: 3, increment: 1n }];

  it('carries values exactly, in the form of its request', () => {
    const reply = valueReply(REQUEST, { blocks });
    expect(decode(replyBytes(reply, 'avro'))).toEqual(reply);
    expect(JSON.parse(Buffer.from(replyBytes(reply, 'json')).toString())).toEqual({
      request: 'r-1',
      sequence: 'orders',
      blocks: [{ start: '9007199254740993', count: 3, increment: '1' }],
    });
  });

  it('carries printed values and their period where there are any, up to as many as HTTP lists', () => {
    const { definition, periodStart } = printed('T-{YYYY}{MM}{DD}-{value:03}');
    const answer = { blocks: [{ start: 7n, count: 2, increment: 1n }], period: periodStart, printing: printingOf(definition) as Printing };
    const reply = valueReply(REQUEST, answer);
    expect(decode(replyBytes(reply, 'avro'))).toMatchObject({ formatted: ['T-20261129-007', 'T-20261129-008'], period: '2026-11-29' });
    expect(JSON.parse(Buffer.from(replyBytes(reply, 'json')).toString())).toEqual({
      request: 'r-1',
      sequence: 'orders',
      blocks: [{ start: '7', count: 2, increment: '1' }],
      formatted: ['T-20261129-007', 'T-20261129-008'],
      period: '2026-11-29',
    });
    expect(valueReply(REQUEST, { ...answer, blocks: [{ start: 1n, count: 1_001, increment: 1n }] }).formatted).toEqual([]);
  });

  it('names the code of an error', () => {
    const reply = errorReply(REQUEST, new SequenceError('SEQ_UNKNOWN_SEQUENCE', 'there is no sequence orders'));
    expect(JSON.parse(Buffer.from(replyBytes(reply, 'json')).toString())).toEqual({
      request: 'r-1',
      sequence: 'orders',
      error: 'SEQ_UNKNOWN_SEQUENCE',
      message: 'there is no sequence orders',
    });
  });
});

describe('a reply topic', () => {
  it.each(['seqcast.shards', 'seqcast.ranges', 'seqcast.orders', 'with space', ''])('is never %s', (topic) => {
    expect(() => checkReplyTopic(topic)).toThrow(/cannot be a reply topic/);
  });

  it('may be the default one or any that is not ours', () => {
    expect(() => checkReplyTopic('seqcast.values')).not.toThrow();
    expect(() => checkReplyTopic('billing.numbers')).not.toThrow();
  });
});
