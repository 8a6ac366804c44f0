/**
 * Avro's parsing canonical form: what of a schema matters for reading, in one spelling. Two schemas with the same form write the
 * same bytes, so its fingerprint identifies what wrote a message; docs, defaults and our own attributes do not count.
 */
export type JsonSchema = string | readonly JsonSchema[] | { readonly [attribute: string]: unknown };

const PRIMITIVES = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);

export function canonicalForm(schema: JsonSchema, namespace = ''): string {
  if (typeof schema === 'string') return JSON.stringify(PRIMITIVES.has(schema) ? schema : fullName(schema, namespace));
  if (isUnion(schema)) return `[${schema.map((branch) => canonicalForm(branch, namespace)).join(',')}]`;
  const { type } = schema;
  if (typeof type !== 'string') return canonicalForm(type as JsonSchema, namespace);
  switch (type) {
    case 'array':
      return `{"type":"array","items":${canonicalForm(schema.items as JsonSchema, namespace)}}`;
    case 'map':
      return `{"type":"map","values":${canonicalForm(schema.values as JsonSchema, namespace)}}`;
    case 'record':
    case 'enum':
    case 'fixed':
      return namedForm(type, schema, namespace);
    default:
      return canonicalForm(type, namespace);
  }
}

function namedForm(type: string, schema: { readonly [attribute: string]: unknown }, outer: string): string {
  const name = fullName(String(schema.name), typeof schema.namespace === 'string' ? schema.namespace : outer);
  const head = `"name":${JSON.stringify(name)},"type":"${type}"`;
  if (type === 'enum') return `{${head},"symbols":${JSON.stringify(schema.symbols)}}`;
  if (type === 'fixed') return `{${head},"size":${Number(schema.size)}}`;
  // Names inside belong to the namespace of the record around them.
  const inner = name.slice(0, Math.max(0, name.lastIndexOf('.')));
  const fields = (schema.fields as readonly { name: string; type: JsonSchema }[]).map(
    (field) => `{"name":${JSON.stringify(field.name)},"type":${canonicalForm(field.type, inner)}}`,
  );
  return `{${head},"fields":[${fields.join(',')}]}`;
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function isUnion(schema: JsonSchema): schema is readonly JsonSchema[] {
  return Array.isArray(schema);
}
