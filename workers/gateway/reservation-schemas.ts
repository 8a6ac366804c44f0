/** Shapes of answers about numbers without a gap, for the OpenAPI page. */
import type { JsonSchema } from './body-field.ts';
import { BLOCK_SCHEMA } from './wire-schemas.ts';

const TEXT: JsonSchema = { type: 'string' };
const TIME_MS: JsonSchema = { type: 'integer', description: 'Milliseconds since the epoch.' };
const VALUES: JsonSchema = { type: 'array', items: { type: 'string', pattern: '^-?[0-9]+$' } };
const PRINTED: JsonSchema = { type: 'array', items: TEXT, description: 'The values as they are printed, where there is a format.' };
const STATE: JsonSchema = { type: 'string', enum: ['reserved', 'confirmed', 'cancelled', 'expired'] };
const NUMBER: JsonSchema = { type: 'integer', minimum: 1, description: 'Counted from 1 in its generation.' };

export const RESERVATION_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    id: { type: 'string', description: 'Names this reservation and no other, whoever has its numbers now.' },
    sequence: TEXT,
    generation: { type: 'integer' },
    state: STATE,
    blocks: { type: 'array', items: BLOCK_SCHEMA },
    values: VALUES,
    formatted: PRINTED,
    period: { type: 'string', format: 'date', description: 'First day of the period the numbers belong to, where they begin again.' },
    key: TEXT,
    owner: TEXT,
    reservedAtMs: TIME_MS,
    expiresAtMs: TIME_MS,
    endedAtMs: TIME_MS,
    endedBy: TEXT,
    because: TEXT,
  },
  required: ['id', 'sequence', 'generation', 'state', 'blocks', 'values', 'owner', 'reservedAtMs'],
};

export const VOID_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    number: NUMBER,
    value: { type: 'string', pattern: '^-?[0-9]+$' },
    formatted: TEXT,
    state: { type: 'string', enum: ['reserved', 'cancelled', 'expired'] },
    why: TEXT,
    atMs: TIME_MS,
    by: TEXT,
    reservation: { type: 'string', description: 'The one that holds it, or held it last.' },
    owner: TEXT,
  },
  required: ['number', 'value', 'state', 'why', 'atMs', 'by', 'reservation', 'owner'],
};

const HOLDER: JsonSchema = {
  type: 'object',
  properties: { reservation: TEXT, owner: TEXT, state: STATE, atMs: TIME_MS, by: TEXT, why: TEXT },
};

export const REUSE_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    reuse: { type: 'integer', minimum: 1 },
    number: NUMBER,
    count: { type: 'integer', minimum: 1 },
    values: VALUES,
    formatted: PRINTED,
    before: HOLDER,
    after: HOLDER,
  },
};

export function reportSchema(name: string, items: JsonSchema): JsonSchema {
  return {
    type: 'object',
    properties: {
      generation: { type: 'integer' },
      [name]: { type: 'array', items },
      next: { type: 'integer', description: 'Where the next page begins; left out on the last one.' },
    },
    required: ['generation', name],
  };
}
