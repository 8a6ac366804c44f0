/** Makes a function that writes a message of one kind in the schema's order; compiled from text for the same reason as readers. */
import type { BodyWriter } from './body-writer.ts';
import type { RecordType, Type } from './schema.ts';

export type WriteBody = (body: BodyWriter, message: unknown) => void;

export function compileWriter(record: RecordType): WriteBody {
  const writer = new WriterSource();
  const outermost = writer.record(record);
  return new Function('indexes', `${writer.functions.join('\n')}\nreturn ${outermost};`)(writer.indexes) as WriteBody;
}

class WriterSource {
  readonly functions: string[] = [];
  /** Index of each symbol, by enum. */
  readonly indexes: ReadonlyMap<string, number>[] = [];

  record({ fields }: RecordType): string {
    return this.#function(fields.map(({ name, type }) => this.statement(type, `value.${name}`)).join(' '));
  }

  statement(type: Type, value: string): string {
    switch (type.type) {
      case 'record':
        return `${this.record(type)}(body, ${value});`;
      case 'array':
        return `${this.#array(type.items)}(body, ${value});`;
      case 'enum':
        this.indexes.push(new Map(type.symbols.map((symbol, index) => [symbol, index])));
        return `body.symbol(indexes[${this.indexes.length - 1}].get(${value}));`;
      default:
        return `body.${type.type}(${value});`;
    }
  }

  #array(items: Type): string {
    const each = `for (let i = 0; i < value.length; i++) { ${this.statement(items, 'value[i]')} }`;
    return this.#function(`body.array(value); if (value.length > 0) { ${each} body.arrayEnd(); }`);
  }

  #function(lines: string): string {
    const name = `write${this.functions.length}`;
    this.functions.push(`function ${name}(body, value) { ${lines} }`);
    return name;
  }
}
