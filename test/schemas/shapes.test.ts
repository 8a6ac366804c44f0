/** The .avsc files say field for field what the TypeScript types say: the types are read from their sources and compared. */
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { CURRENT } from '../../schemas/released.ts';
import type { Type } from '../../schemas/schema.ts';
import { KINDS } from '../../schemas/topics.ts';

const SOURCES = [
  'core/interval.ts',
  'core/format/template.ts',
  'core/period.ts',
  'core/format/printed-form.ts',
  'core/pool-kind.ts',
  'core/sequence.ts',
  'core/ledger/records.ts',
  'schemas/adoption-messages.ts',
  'schemas/member-messages.ts',
  'schemas/messages.ts',
];

const interfaces = new Map<string, ts.InterfaceDeclaration>();
const aliases = new Map<string, ts.TypeNode>();
for (const file of SOURCES) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  source.forEachChild((node) => {
    if (ts.isInterfaceDeclaration(node)) interfaces.set(node.name.text, node);
    if (ts.isTypeAliasDeclaration(node)) aliases.set(node.name.text, node.type);
  });
}

/** A type in the words of TypeScript. Both a count and a rate are numbers there. */
type Shape = string | { readonly oneOf: readonly string[] } | { readonly listOf: Shape } | { readonly [field: string]: Shape };

function shapeOfSchema(type: Type): Shape {
  switch (type.type) {
    case 'record':
      return Object.fromEntries(type.fields.map((field) => [field.name, shapeOfSchema(field.type)]));
    case 'array':
      return { listOf: shapeOfSchema(type.items) };
    case 'enum':
      return { oneOf: type.symbols };
    case 'long':
    case 'double':
      return 'number';
    case 'bytes':
      return 'Uint8Array';
    default:
      return type.type;
  }
}

function shapeOfMembers(members: ts.NodeArray<ts.TypeElement>): Record<string, Shape> {
  const properties = members.filter(ts.isPropertySignature).filter((each) => each.name.getText() !== 'kind');
  return Object.fromEntries(properties.map((each) => [each.name.getText(), shapeOfType(each.type as ts.TypeNode)]));
}

function shapeOfInterface(name: string): Record<string, Shape> {
  const found = interfaces.get(name);
  if (found === undefined) throw new Error(`no interface ${name} in ${SOURCES.join(', ')}`);
  const inherited = (found.heritageClauses ?? []).flatMap(({ types }) => types.map((each) => shapeOfInterface(each.getText())));
  return Object.assign({}, ...inherited, shapeOfMembers(found.members)) as Record<string, Shape>;
}

function shapeOfType(node: ts.TypeNode): Shape {
  if (ts.isTypeOperatorNode(node)) return shapeOfType(node.type);
  if (ts.isArrayTypeNode(node)) return { listOf: shapeOfType(node.elementType) };
  if (ts.isTypeLiteralNode(node)) return shapeOfMembers(node.members);
  if (ts.isUnionTypeNode(node)) return { oneOf: node.types.flatMap(symbolsOf) };
  const name = node.getText();
  const alias = aliases.get(name);
  if (alias !== undefined) return shapeOfType(alias);
  return interfaces.has(name) ? shapeOfInterface(name) : name;
}

/** A literal, or all literals of the union that a name stands for. */
function symbolsOf(node: ts.TypeNode): string[] {
  const alias = aliases.get(node.getText());
  return alias !== undefined && ts.isUnionTypeNode(alias) ? alias.types.flatMap(symbolsOf) : [node.getText().slice(1, -1)];
}

/** Said as `kind: 'ItsName'`: other unions have kinds of their own. */
function namesItself(name: string, members: ts.NodeArray<ts.TypeElement>): boolean {
  return members.some((each) => ts.isPropertySignature(each) && each.name.getText() === 'kind' && each.type?.getText() === `'${name}'`);
}

describe('the schema', () => {
  it.each(KINDS)('of %s has the fields of its type', (kind) => {
    const schema = CURRENT.get(kind);
    expect(schema && shapeOfSchema(schema.record)).toEqual(shapeOfInterface(kind));
  });

  it('is there for every type that has a kind', () => {
    const withKind = [...interfaces].filter(([name, { members }]) => namesItself(name, members));
    expect(withKind.map(([name]) => name).sort()).toEqual([...KINDS].sort());
  });

  it('has exact values wherever the type has bigint, and rates only where the unit is divisible', () => {
    const doubles = new Set<string>();
    const visit = (type: Type, path: string): void => {
      if (type.type === 'double') doubles.add(path);
      if (type.type === 'array') visit(type.items, path);
      if (type.type === 'record') for (const field of type.fields) visit(field.type, `${path}.${field.name}`);
    };
    for (const [kind, { record }] of CURRENT) visit(record, kind);
    const allowed =
      /\.(rate|restShare|meanSqrtRate|fastRate|peakPerSecond|leadTimeMs|horizonMs|median|upper|cap|insured|weight|levels|quantiles|fromLoad|toLoad)$|[oO]perationsPerSecond$|latencyP99Ms$/;
    expect([...doubles].filter((path) => !allowed.test(path))).toEqual([]);
  });
});
