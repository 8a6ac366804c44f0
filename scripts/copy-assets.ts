/**
 * Copies what the compiler leaves behind but the running program reads (schemas, traces, Redis functions, Kafka's pom) to the
 * same place under dist/. Files that did not change are left alone.
 */
import { copyFileSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectFiles } from './source-files.ts';

const ASSETS = [
  /^schemas\/avro\/.*[.]avsc$/,
  /^schemas\/asyncapi[.]yaml$/,
  /^adapters\/redis\/functions\/.*[.]lua$/,
  /^backtest\/traces\/.*[.]gz$/,
  /^cli\/stack\/kafka\/pom[.]xml$/,
];

for (const from of projectFiles()) {
  if (!ASSETS.some((pattern) => pattern.test(from))) continue;
  const to = join('dist', from);
  if (existsSync(to) && statSync(to).mtimeMs >= statSync(from).mtimeMs && statSync(to).size === statSync(from).size) continue;
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}
