/** Attributes of a sequence as HTTP says them: those of SQL, what is promised, how values are printed, how well stocked it should be. */
import type { SequenceAttributes } from '../../core/sequence.ts';
import type { SequenceDescription } from '../runtime/service/service.ts';
import {
  booleanField,
  choiceField,
  integerField,
  invalidRequest,
  type JsonSchema,
  numberField,
  objectOf,
  readBody,
  shown,
  textField,
} from './body-field.ts';

export const ATTRIBUTE_FIELDS = {
  start: integerField('First value. Where left out: min, or max of a descending sequence.'),
  increment: integerField('Step between values; negative to descend. 1 where left out.'),
  min: integerField('Smallest value.'),
  max: integerField('Largest value.'),
  cycle: booleanField('Begin again at the other end when the last value was given out.'),
  order: choiceField('Which answers increase: none, those of one stream, or all of the sequence.', ['none', 'stream', 'sequence']),
  targetStallsPpm: numberField('Requests of a million that may wait for an allocation.'),
  rideThroughMs: numberField('How long every stream must last without any allocator, in milliseconds.'),
  rideThroughClass: choiceField('What it must survive meanwhile: what history predicts, or also a burst like one seen before.', [
    'expected',
    'insured',
  ]),
  answersKept: choiceField('How long a request id over Kafka gives the same answer.', ['day', 'ever']),
  guarantee: choiceField('No value twice; or besides, no gap among those that are confirmed. Stays as it was created.', [
    'unique',
    'gapless',
  ]),
  burnCost: choiceField('What a value costs that is lost with its pool: the dearer, the smaller the orders.', ['none', 'low', 'high']),
  durability: choiceField(
    'What a crash may leave in doubt: what was in stock, or nothing that was answered: each call is on the disk before it is answered.',
    ['stock', 'answered'],
  ),
  pool: choiceField('Kind of pool: by what is promised and by usage, or the one named.', [
    'auto',
    'throughput',
    'transaction',
    'analytics',
  ]),
  format: textField('How values are printed, such as `INV-{YYYY}-{value:06}`; empty: as numbers.'),
  reset: choiceField('When values begin again, at min or, descending, at max.', ['none', 'daily', 'monthly', 'yearly']),
  timeZone: textField('Whose midnight begins a period, such as `Europe/Berlin`; needed with a reset.'),
  opaqueKey: textField('Key of `{opaque}`, 32 hexadecimal digits; made up where left out. It is never shown.'),
};

export function readAttributes(body: unknown): SequenceAttributes {
  return readBody(body, ATTRIBUTE_FIELDS);
}

export function readNamedAttributes(body: unknown): { readonly name: string; readonly attributes: SequenceAttributes } {
  const { name, ...rest } = objectOf(body);
  if (name === undefined) throw invalidRequest('field name is missing');
  if (typeof name !== 'string') throw invalidRequest(`name ${shown(name)} is not a string`);
  return { name, attributes: readBody(rest, ATTRIBUTE_FIELDS) };
}

/** A description as it travels: flat, without what is empty, and without the key, which nobody needs who may not read every number. */
export function sequenceAnswer({ name, definition, generation, claimed, capacity, streams, ...seen }: SequenceDescription): JsonSchema {
  const { opaqueKey: _, format, timeZone, periodStart, ...attributes } = definition;
  const form = { ...(format !== '' && { format }), ...(timeZone !== '' && { timeZone }), ...(periodStart !== '' && { periodStart }) };
  const { servedBy, exhaustion } = seen;
  const found = { ...(servedBy !== undefined && { servedBy }), ...(exhaustion !== undefined && { exhaustion }) };
  return { name, ...attributes, ...form, generation, claimed, capacity, streams, ...found };
}
