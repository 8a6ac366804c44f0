/**
 * Makes a function that reads what one schema wrote as what another expects, by Avro's rules of resolution: fields are matched by
 * name or alias, a field that was not written takes its default, one that is not expected is read and dropped.
 *
 * The function is compiled from text, so that every kind of message is an object literal with the fields in the schema's order:
 * twice as fast as a loop over fields, and records of a kind share one shape in everything that folds them.
 */
import type { BodyReader } from './body-reader.ts';
import type { EnumType, Field, RecordType, Type } from './schema.ts';

export type ReadBody<T> = (body: BodyReader) => T;

/** Throws when a reader of `to` cannot understand what a writer of `from` wrote. */
export function compileReader<T>(from: RecordType, to: RecordType): ReadBody<T> {
  const reader = new ReaderSource();
  const outermost = reader.record(from, to, to.name, `kind: ${JSON.stringify(to.name)}, `);
  return new Function('symbols', `${reader.functions.join('\n')}\nreturn ${outermost};`)(reader.symbols) as ReadBody<T>;
}

class ReaderSource {
  readonly functions: string[] = [];
  /** Symbols of each enum, in the writer's order and the reader's words. */
  readonly symbols: (readonly string[])[] = [];

  /** A function that reads a record; `first` stands before its own properties. */
  record(from: RecordType, to: RecordType, path: string, first = ''): string {
    const lines = from.fields.map(({ name, type }) => {
      const [target, second] = to.fields.filter((field) => writtenAs(field, from) === name);
      if (second !== undefined) throw new Error(`${path}.${name} is what both ${target?.name} and ${second.name} were written as`);
      if (target === undefined) return `${this.expression(type, type, `${path}.${name}`)};`;
      return `const ${local(target.name)} = ${this.expression(type, target.type, `${path}.${target.name}`)};`;
    });
    const properties = to.fields.map((field) => {
      const written = writtenAs(field, from) !== undefined;
      return `${field.name}: ${written ? local(field.name) : defaultOf(field.type, field.default, `${path}.${field.name}`)}`;
    });
    return this.#function(`${lines.join(' ')} return { ${first}${properties.join(', ')} };`);
  }

  expression(from: Type, to: Type, path: string): string {
    if (from.type === 'record' && to.type === 'record') return `${this.record(from, to, path)}(body)`;
    if (from.type === 'array' && to.type === 'array') return `${this.#array(from.items, to.items, path)}(body)`;
    if (from.type === 'enum' && to.type === 'enum') {
      this.symbols.push(symbolsFor(from, to, path));
      return `body.symbol(symbols[${this.symbols.length - 1}])`;
    }
    // A long is the same on the wire however it is delivered, and may become a double.
    if (isLong(from) && isLong(to)) return `body.${to.type}()`;
    if (isLong(from) && to.type === 'double') return 'body.long()';
    if (from.type === to.type) return `body.${to.type}()`;
    throw new Error(`${path} was written as ${from.type} and cannot be read as ${to.type}`);
  }

  #array(from: Type, to: Type, path: string): string {
    const items = `for (; count > 0; count--) items.push(${this.expression(from, to, `${path}[]`)});`;
    return this.#function(`const items = []; let count = 0; while ((count = body.blockCount()) > 0) ${items} return items;`);
  }

  #function(lines: string): string {
    const name = `read${this.functions.length}`;
    this.functions.push(`function ${name}(body) { ${lines} }`);
    return name;
  }
}

/** The name of a reader's field in the writer's record: its own, else a former one. */
function writtenAs({ name, aliases }: Field, from: RecordType): string | undefined {
  return [name, ...aliases].find((each) => from.fields.some((written) => written.name === each));
}

function local(field: string): string {
  return `$${field}`;
}

function isLong(type: Type): boolean {
  return type.type === 'long' || type.type === 'bigint';
}

function symbolsFor(from: EnumType, to: EnumType, path: string): readonly string[] {
  return from.symbols.map((symbol) => {
    const known = to.symbols.includes(symbol) ? symbol : to.otherwise;
    if (known === undefined) throw new Error(`${path} may have been written as ${symbol}, which is not known any more`);
    return known;
  });
}

/** The default of a field as source text: built anew for each message, because what a message holds is its own. */
function defaultOf(type: Type, value: unknown, path: string): string {
  if (value === undefined) throw new Error(`${path} was not written and has no default`);
  if (type.type === 'bigint') return `${value}n`;
  if (type.type === 'enum') return JSON.stringify(String(value).replaceAll('_', '-'));
  if (type.type === 'array') return `[${(value as unknown[]).map((item) => defaultOf(type.items, item, `${path}[]`)).join(', ')}]`;
  if (type.type === 'record') {
    const given = value as Record<string, unknown>;
    const properties = type.fields.map(
      ({ name, type: of, default: own }) => `${name}: ${defaultOf(of, given[name] ?? own, `${path}.${name}`)}`,
    );
    return `{ ${properties.join(', ')} }`;
  }
  // Avro spells bytes as a text with one character a byte.
  if (type.type === 'bytes') return `Uint8Array.of(${[...String(value)].map((character) => character.charCodeAt(0)).join(', ')})`;
  return JSON.stringify(value);
}
