/** The AsyncAPI document is valid, and says of topics and messages what the code says. */
import { existsSync, readFileSync } from 'node:fs';
import specs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { KINDS, TOPICS, type Topic, type TopicKey } from '../../schemas/topics.ts';

interface Reference {
  readonly $ref: string;
}
interface Document {
  readonly channels: Record<string, Channel>;
  readonly operations: Record<string, unknown>;
  readonly components: {
    readonly messages: Record<string, { readonly payload: { readonly schema: Reference }; readonly summary: string }>;
  };
}
interface Channel {
  readonly address: string;
  readonly messages: Record<string, Reference>;
  readonly 'x-partitioned-by': string;
  readonly 'x-stage': string;
  readonly 'x-kept'?: string;
  readonly bindings: { readonly kafka: { readonly topicConfiguration: { readonly 'retention.ms': number } } };
}

const document = parse(readFileSync('schemas/asyncapi.yaml', 'utf8')) as Document;
const topics = Object.entries(TOPICS) as [TopicKey, Topic][];

// The specification's schema brings the meta-schema along.
const ajv = new Ajv({ strict: false, allErrors: true, meta: false, validateSchema: false });
addFormats.default(ajv);
const validate = ajv.compile(specs.schemas['3.0.0'] as object);

/** All references of the document, wherever they stand. */
function references(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) => (name === '$ref' ? [String(value)] : references(value)));
}

function resolves(pointer: string): boolean {
  const steps = pointer.split('/').slice(1);
  return steps.reduce<unknown>((node, step) => (node as Record<string, unknown> | undefined)?.[step], document) !== undefined;
}

describe('schemas/asyncapi.yaml', () => {
  it('is a valid AsyncAPI 3.0 document', () => {
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
  });

  it('has a validator that finds what is wrong', () => {
    const shout = { action: 'shout', channel: { $ref: '#/channels/orders' } };
    expect(validate({ ...document, operations: { ...document.operations, shout } })).toBe(false);
  });

  it('describes every topic and no other', () => {
    const said = Object.entries(document.channels).map(([key, channel]) => [
      key,
      channel.address,
      channel['x-partitioned-by'],
      channel['x-stage'],
      Object.keys(channel.messages),
    ]);
    expect(said).toEqual(topics.map(([key, topic]) => [key, topic.name, topic.partitionedBy, topic.stage, topic.kinds]));
  });

  it.each(topics)('keeps messages of %s as long as the table says', (key, { retentionMs }) => {
    const channel = document.channels[key];
    const byTime = typeof retentionMs === 'number';
    expect(channel?.bindings.kafka.topicConfiguration['retention.ms']).toBe(byTime ? retentionMs : -1);
    expect(channel?.['x-kept']).toBe(byTime ? undefined : retentionMs);
  });

  it('describes every kind of message by its schema file, in its words', () => {
    const { messages } = document.components;
    expect(Object.keys(messages)).toEqual(KINDS);
    for (const [kind, { payload, summary }] of Object.entries(messages)) {
      expect(payload.schema.$ref).toBe(`./avro/${kind}.avsc`);
      expect(summary).toBe((JSON.parse(readFileSync(`schemas/avro/${kind}.avsc`, 'utf8')) as { doc: string }).doc);
    }
  });

  it('refers only to what exists', () => {
    const broken = references(document).filter((each) => (each.startsWith('#/') ? !resolves(each) : !existsSync(`schemas/${each}`)));
    expect(broken).toEqual([]);
  });
});
