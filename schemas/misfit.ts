/** Finds what does not fit in a message that could not be written. Slow and exact: it runs only when writing has failed. */
import type { Type } from './schema.ts';

export interface FoundMisfit {
  /** Path of the field, from the kind on. */
  readonly field: string;
  /** What is there and what is wanted: goes on the sentence that the field begins. */
  readonly wrong: string;
}

/** The first field that does not fit, or undefined when all do. */
export function firstMisfit(type: Type, value: unknown, field: string): FoundMisfit | undefined {
  const misfit = (wanted: string): FoundMisfit => ({ field, wrong: `is ${shown(value)}, not ${wanted}` });
  switch (type.type) {
    case 'record':
      if (typeof value !== 'object' || value === null) return misfit('a record');
      return first(type.fields, ({ name, type: of }) => firstMisfit(of, (value as Record<string, unknown>)[name], `${field}.${name}`));
    case 'array':
      if (!Array.isArray(value)) return misfit('an array');
      return first([...value.keys()], (index) => firstMisfit(type.items, value[index], `${field}[${index}]`));
    case 'enum':
      return type.symbols.some((symbol) => symbol === value) ? undefined : misfit(`one of ${type.symbols.join(', ')}`);
    default:
      return FITS[type.type](value) ? undefined : misfit(WANTED[type.type]);
  }
}

type Primitive = Exclude<Type['type'], 'record' | 'array' | 'enum'>;

const FITS: Record<Primitive, (value: unknown) => boolean> = {
  boolean: (value) => typeof value === 'boolean',
  long: (value) => Number.isSafeInteger(value),
  bigint: (value) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  double: (value) => Number.isFinite(value),
  string: (value) => typeof value === 'string' && !/\p{Surrogate}/u.test(value),
  bytes: (value) => value instanceof Uint8Array,
};

const WANTED: Record<Primitive, string> = {
  boolean: 'true or false',
  long: 'a whole number in the safe range',
  bigint: 'a bigint of 64 bits',
  double: 'a finite number',
  string: 'well-formed text',
  bytes: 'a Uint8Array',
};

function first<T>(items: readonly T[], misfit: (item: T) => FoundMisfit | undefined): FoundMisfit | undefined {
  for (const item of items) {
    const found = misfit(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Enough of a value to recognise it; JSON would stumble over a bigint. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'object' && value !== null ? (Array.isArray(value) ? 'an array' : 'an object') : String(value);
}
