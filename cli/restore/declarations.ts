/**
 * What an operator declares about the time that a restored directory does not remember: per sequence, up to which value something was
 * given out, or which numbers without a gap were confirmed.
 */
import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { SequenceError } from '../../core/errors.ts';

/** What was given out since: up to a value (`none`: nothing), or exactly these values. */
export type Declared = { readonly upTo: bigint | 'none' } | { readonly exactly: readonly bigint[] };

export type Declarations = ReadonlyMap<string, Declared>;

/** `orders=5000` or `orders=none`; said once more for another sequence. */
export function upToOf(text: string, before: Declarations = new Map()): Declarations {
  const [, name, value] = /^([^=]+)=(none|-?\d+)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('Write NAME=VALUE, or NAME=none where nothing was given out.');
  return added(before, name, { upTo: value === 'none' ? 'none' : BigInt(value) });
}

/** `invoices=confirmed.csv`: the value is the first column; a first line that holds none is a heading. */
export function confirmedIn(text: string, before: Declarations = new Map()): Declarations {
  const [, name, file] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || file === undefined) throw new InvalidArgumentError('Write NAME=FILE.');
  return added(before, name, { exactly: valuesIn(file) });
}

export function merged(some: Declarations, others: Declarations): Declarations {
  let all = some;
  for (const [name, declared] of others) all = added(all, name, declared);
  return all;
}

function added(before: Declarations, name: string, declared: Declared): Declarations {
  if (before.has(name)) throw new SequenceError('SEQ_CONFIG_INVALID', `${name} is declared twice`, { sequence: name });
  return new Map([...before, [name, declared]]);
}

function valuesIn(file: string): bigint[] {
  const values: bigint[] = [];
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const cell = (line.split(/[,;\t]/)[0] ?? '').trim().replace(/^"(.*)"$/, '$1');
    if (cell === '') continue;
    if (/^-?\d+$/.test(cell)) values.push(BigInt(cell));
    else if (index > 0) throw new SequenceError('SEQ_CONFIG_INVALID', `${file}, line ${index + 1}: ${cell} is no value`, { file });
  }
  return values;
}
