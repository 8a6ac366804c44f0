/**
 * Fields of request bodies: how each is read and how the OpenAPI page shows it, said once so that the two cannot drift.
 *
 * A field that nobody knows is refused rather than ignored: a misspelt `maxx` must not make a sequence without a maximum.
 */
import { SequenceError } from '../../core/errors.ts';
import { checkName } from '../../core/sequence.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface BodyField<T> {
  readonly schema: JsonSchema;
  /** Throws when `value` is not of the field's kind; `name` is for the message. */
  read(value: unknown, name: string): T;
}

type Fields = Readonly<Record<string, BodyField<unknown>>>;
type Kind<F> = F extends BodyField<infer T> ? T : never;
export type Body<F extends Fields, R extends keyof F = never> = { readonly [K in R]: Kind<F[K]> } & {
  readonly [K in Exclude<keyof F, R>]?: Kind<F[K]>;
};

/** Days of a month, the longest list there is. */
const NUMBERS_MAX = 31;

/** 20 characters hold every 64-bit integer with its sign. */
const DECIMAL = /^-?[0-9]{1,19}$/;

/** A sequence's value: text, since JSON numbers lose digits above 2^53, or a number that has not lost any. */
export function integerField(description: string): BodyField<bigint> {
  return {
    schema: { oneOf: [{ type: 'string', pattern: DECIMAL.source }, { type: 'integer' }], description },
    read: (value, name) => {
      if (typeof value === 'string' && DECIMAL.test(value)) return BigInt(value);
      if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
      const hint =
        typeof value === 'number' && Number.isInteger(value)
          ? 'this number has lost digits on its way: send it as a string'
          : 'use a whole number, as a string or as a safe integer';
      throw invalidRequest(`${name} ${shown(value)} cannot be read: ${hint}`);
    },
  };
}

/** A number whose range the service judges. */
export function numberField(description: string): BodyField<number> {
  return kindOf('number', { type: 'number', description }, (value) => typeof value === 'number');
}

/** A whole number that JSON holds exactly; its range is judged by the service. */
export function wholeNumberField(description: string): BodyField<number> {
  return kindOf('whole number', { type: 'integer', description }, Number.isSafeInteger);
}

/** A short list of whole numbers; each is judged by the service. */
export function numbersField(description: string): BodyField<readonly number[]> {
  const schema = { type: 'array', items: { type: 'integer' }, maxItems: NUMBERS_MAX, description };
  const isOne = (value: unknown): boolean => Array.isArray(value) && value.length <= NUMBERS_MAX && value.every(Number.isSafeInteger);
  return kindOf(`list of at most ${NUMBERS_MAX} whole numbers`, schema, isOne);
}

export function booleanField(description: string): BodyField<boolean> {
  return kindOf('boolean', { type: 'boolean', description }, (value) => typeof value === 'boolean');
}

export function textField(description: string): BodyField<string> {
  return kindOf('string', { type: 'string', description }, (value) => typeof value === 'string');
}

export function choiceField<const T extends string>(description: string, choices: readonly T[]): BodyField<T> {
  return kindOf(`one of ${choices.join(', ')}`, { type: 'string', enum: choices, description }, (value) =>
    choices.some((each) => each === value),
  );
}

/** A client type or service. */
export function nameField(what: 'client type' | 'service', description: string): BodyField<string> {
  return {
    schema: { type: 'string', description },
    read: (value) => {
      checkName(what, value);
      return value;
    },
  };
}

/** Reads a JSON object field by field. */
export function readBody<F extends Fields, R extends keyof F & string = never>(
  body: unknown,
  fields: F,
  required: readonly R[] = [],
): Body<F, R> {
  const given = objectOf(body);
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) throw unknownField(name, Object.keys(fields));
    read[name] = field.read(value, name);
  }
  for (const name of required) if (!(name in read)) throw invalidRequest(`field ${name} is missing`);
  return read as Body<F, R>;
}

export function bodySchema(fields: Fields, required: readonly string[] = []): JsonSchema {
  const properties = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.schema]));
  return { type: 'object', properties, additionalProperties: false, ...(required.length > 0 && { required }) };
}

export function objectOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw invalidRequest(body === undefined ? 'the request has no body: send a JSON object' : 'the body is not a JSON object');
}

export function invalidRequest(message: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', message);
}

export function unknownField(name: string, known: readonly string[]): SequenceError {
  return invalidRequest(`unknown field ${shown(name)}: known are ${known.join(', ')}`);
}

/** Short enough for a message, whatever was sent. */
export function shown(value: unknown): string {
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : typeof value === 'object' && value !== null
        ? Array.isArray(value)
          ? 'a list'
          : 'an object'
        : String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function kindOf<T>(kind: string, schema: JsonSchema, is: (value: unknown) => boolean): BodyField<T> {
  return {
    schema,
    read: (value, name) => {
      if (!is(value))
        throw invalidRequest(`${name} ${shown(value)} is not ${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`.replace('an one of', 'one of'));
      return value as T;
    },
  };
}
