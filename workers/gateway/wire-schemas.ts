/** Shapes of answers, for the OpenAPI page. Values are text: JSON numbers lose digits above 2^53. */
import { COUNT, listOf, NUMBER, TEXT } from './answer-shape.ts';
import type { JsonSchema } from './body-field.ts';

const INTEGER_TEXT: JsonSchema = { type: 'string', pattern: '^-?[0-9]+$' };

export const BLOCK_SCHEMA: JsonSchema = {
  type: 'object',
  description: 'A run of values: start, start + increment, …, count of them.',
  properties: {
    id: { type: 'string', description: 'Present on numbered blocks.' },
    start: INTEGER_TEXT,
    count: COUNT,
    increment: INTEGER_TEXT,
  },
  required: ['start', 'count', 'increment'],
};

export const SEQUENCE_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    name: TEXT,
    start: INTEGER_TEXT,
    increment: INTEGER_TEXT,
    min: INTEGER_TEXT,
    max: INTEGER_TEXT,
    cycle: { type: 'boolean' },
    order: { type: 'string', enum: ['none', 'stream', 'sequence'] },
    targetStallsPpm: NUMBER,
    rideThroughMs: NUMBER,
    rideThroughClass: { type: 'string', enum: ['expected', 'insured'] },
    answersKept: { type: 'string', enum: ['day', 'ever'] },
    guarantee: { type: 'string', enum: ['unique', 'gapless'] },
    burnCost: { type: 'string', enum: ['none', 'low', 'high'] },
    durability: { type: 'string', enum: ['stock', 'answered'] },
    pool: { type: 'string', enum: ['auto', 'throughput', 'transaction', 'analytics'] },
    format: { type: 'string', description: 'Present where values are printed by one.' },
    reset: { type: 'string', enum: ['none', 'daily', 'monthly', 'yearly'] },
    timeZone: { type: 'string', description: 'Present where one was said.' },
    periodStart: { type: 'string', format: 'date', description: 'First day of the present period, where values begin again.' },
    generation: { type: 'integer', description: 'Grows with every alter, restart and reset: values are unique within one.' },
    claimed: { type: 'integer', description: 'Ordinals that allocators have claimed so far.' },
    capacity: { type: 'integer', description: 'Ordinals the generation has.' },
    streams: COUNT,
    servedBy: {
      type: 'array',
      description: 'Kinds of pool that serve its streams, and why; absent where the process that answers does not choose.',
      items: {
        type: 'object',
        properties: { kind: { type: 'string', enum: ['throughput', 'transaction', 'analytics'] }, streams: COUNT, because: TEXT },
      },
    },
    exhaustion: {
      type: 'object',
      description: 'What is left and when it ends at the demand of the last four weeks; absent where the sequence cycles.',
      properties: {
        left: { type: 'integer', description: 'Values that no pool holds yet.' },
        perDay: NUMBER,
        seenHours: COUNT,
        dates: {
          type: 'array',
          description: 'Early (0.05), likely (0.5) and late (0.95); none beyond a century or the present period.',
          items: { type: 'object', properties: { level: NUMBER, atMs: { type: 'integer' } } },
        },
        warningDays: { type: 'integer', enum: [90, 30, 7], description: 'Present where the early date is within so many days.' },
      },
    },
  },
};

export const RETURNED_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    returned: { type: 'integer', description: 'Values taken back, of all blocks.' },
    blocks: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          id: TEXT,
          returned: COUNT,
          code: { type: 'string', description: 'Why this block was not taken back.' },
          detail: TEXT,
        },
        required: ['id', 'returned'],
      },
    },
  },
};

export const CLIENT_SCHEMA: JsonSchema = { type: 'object', properties: { clientId: TEXT, clientType: TEXT, service: TEXT } };

export const PROFILE_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    clientType: TEXT,
    service: { type: 'string', description: 'Present where it is for one service.' },
    sequence: { type: 'string', description: 'Present where it is for one sequence.' },
    pattern: { type: 'string', enum: ['steady', 'office-hours', 'hourly-batch', 'end-of-month'] },
    rate: NUMBER,
    restShare: NUMBER,
    days: { type: 'array', items: { type: 'integer' } },
    fromMinute: COUNT,
    untilMinute: COUNT,
    utcOffsetMinutes: { type: 'integer' },
    setAtMs: { type: 'integer' },
  },
  required: ['clientType', 'pattern', 'rate', 'setAtMs'],
};

export const READINESS_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    ready: { type: 'boolean' },
    reasons: { type: 'array', items: TEXT },
    notices: { type: 'array', items: TEXT, description: 'What is wrong although it is ready; left out where nothing is.' },
  },
  required: ['ready', 'reasons'],
};

export const PROBLEM_SCHEMA: JsonSchema = {
  type: 'object',
  description: 'RFC 9457, with the code of the error catalogue: branch on `code`.',
  properties: {
    type: TEXT,
    title: TEXT,
    status: { type: 'integer' },
    detail: TEXT,
    code: { type: 'string', pattern: '^SEQ_' },
    retriable: { type: 'boolean' },
    whatToDo: TEXT,
    details: { type: 'object' },
  },
  required: ['type', 'title', 'status', 'detail', 'retriable'],
};

/** Answers that are read by people and grow with the stages: named, not spelt out. */
export function objectSchema(description: string): JsonSchema {
  return { type: 'object', description };
}

export function listSchema(name: string, items: JsonSchema): JsonSchema {
  return { type: 'object', properties: { [name]: listOf(items) }, required: [name] };
}
