/** Attributes of a sequence as HTTP says them: those of SQL, the order, and how well stocked it should be. */
import { SequenceError } from '../../core/errors.ts';
import type { SequenceAttributes } from '../../core/sequence.ts';
import type { SequenceDescription } from '../runtime/service.ts';
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
};

/** Words of the design that this version refuses, unless they ask for nothing special. */
const UNSUPPORTED: Readonly<Record<string, (value: unknown) => boolean>> = {
  gapless: (value) => value === false,
  guarantee: (value) => value === 'unique',
  format: (value) => value === null,
  reset: (value) => value === null,
};

export function readAttributes(body: unknown): SequenceAttributes {
  return readBody(supported(body), ATTRIBUTE_FIELDS);
}

export function readNamedAttributes(body: unknown): { readonly name: string; readonly attributes: SequenceAttributes } {
  const { name, ...rest } = supported(body);
  if (name === undefined) throw invalidRequest('field name is missing');
  if (typeof name !== 'string') throw invalidRequest(`name ${shown(name)} is not a string`);
  return { name, attributes: readBody(rest, ATTRIBUTE_FIELDS) };
}

/** A description as it travels: flat, so that what was read can be sent back with one attribute changed. */
export function sequenceAnswer({ name, definition, generation, claimed, capacity, streams }: SequenceDescription): JsonSchema {
  return { name, ...definition, generation, claimed, capacity, streams };
}

function supported(body: unknown): Readonly<Record<string, unknown>> {
  const rest: Record<string, unknown> = { ...objectOf(body) };
  for (const [attribute, isHarmless] of Object.entries(UNSUPPORTED)) {
    if (!Object.hasOwn(rest, attribute)) continue;
    if (!isHarmless(rest[attribute]))
      throw new SequenceError('SEQ_UNSUPPORTED', `${attribute} ${shown(rest[attribute])} is not supported in this version`, { attribute });
    delete rest[attribute];
  }
  return rest;
}
