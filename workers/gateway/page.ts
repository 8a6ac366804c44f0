/**
 * Long lists in pages, by name: what comes or goes between two pages neither hides nor repeats anything else. A page is cut where the list
 * is longer than asked for; then `next` is what to ask for `after`.
 */
import { invalidRequest, type JsonSchema, shown } from './body-field.ts';
import { listSchema } from './wire-schemas.ts';

/** A few megabytes of answer; more is asked for page by page. */
const PAGE_MAX = 10_000;
/** Of the longest id of a stream: three names. */
const AFTER_LENGTH_MAX = 200;

export const PAGE_QUERY: Readonly<Record<string, JsonSchema>> = {
  limit: { type: 'integer', minimum: 1, maximum: PAGE_MAX, default: PAGE_MAX },
  after: {
    type: 'string',
    maxLength: AFTER_LENGTH_MAX,
    description: 'Leaves out what comes up to this name: the `next` of the page before.',
  },
};

/** `listSchema` of a page. */
export function pageSchema(name: string, item: JsonSchema): JsonSchema {
  const list = listSchema(name, item) as { readonly properties: JsonSchema };
  const next = { type: 'string', description: 'Present where more follows: `after` of the next page.' };
  return { ...list, properties: { ...list.properties, next } };
}

export interface Page<T> {
  readonly items: T[];
  readonly next?: string;
}

/** Throws `SEQ_INVALID_REQUEST`. */
export function pageOf<T>(all: readonly T[], query: unknown, nameOf: (item: T) => string): Page<T> {
  const { limit = PAGE_MAX, after = '' } = query as { readonly limit?: unknown; readonly after?: unknown };
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > PAGE_MAX) {
    throw invalidRequest(`limit ${shown(limit)} is not a whole number from 1 to ${PAGE_MAX}`);
  }
  if (typeof after !== 'string' || after.length > AFTER_LENGTH_MAX) {
    throw invalidRequest(`after ${shown(after)} is not the \`next\` of a page`);
  }
  const rest = all.filter((item) => nameOf(item) > after).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const items = rest.slice(0, count);
  const last = items.at(-1);
  return { items, ...(last !== undefined && rest.length > items.length && { next: nameOf(last) }) };
}
