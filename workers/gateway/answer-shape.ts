/**
 * The shape of an answer, written beside its type: the compiler asks for every property of the type, and for no other, and whether it may be
 * left out. So the document cannot lag behind the code.
 */
import type { JsonSchema } from './body-field.ts';

/** A property that is left out where there is nothing to say. */
interface LeftOut {
  readonly mayBe: JsonSchema;
}

export type Shape<T> = { readonly [K in keyof T]-?: undefined extends T[K] ? LeftOut : JsonSchema };

export const TEXT: JsonSchema = { type: 'string' };
export const NUMBER: JsonSchema = { type: 'number' };
export const COUNT: JsonSchema = { type: 'integer', minimum: 0 };
export const YES_OR_NO: JsonSchema = { type: 'boolean' };
/** Milliseconds since the epoch; 0 for never. */
export const AT_MS: JsonSchema = { type: 'number', description: 'Milliseconds since the epoch.' };
export const ANYTHING: JsonSchema = {};

export function mayBe(schema: JsonSchema): LeftOut {
  return { mayBe: schema };
}

export function listOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items };
}

export function oneOf(...values: readonly string[]): JsonSchema {
  return { type: 'string', enum: values };
}

export function said(schema: JsonSchema, description: string): JsonSchema {
  return { ...schema, description };
}

export function shapeOf<T>(description: string, properties: Shape<T>): JsonSchema {
  const all = Object.entries<JsonSchema | LeftOut>(properties);
  const schemas = all.map(([name, schema]) => [name, isLeftOut(schema) ? schema.mayBe : schema] as const);
  const required = all.filter(([, schema]) => !isLeftOut(schema)).map(([name]) => name);
  return { type: 'object', ...(description !== '' && { description }), properties: Object.fromEntries(schemas), required };
}

function isLeftOut(schema: JsonSchema | LeftOut): schema is LeftOut {
  return 'mayBe' in schema;
}
