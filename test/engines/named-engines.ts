/** Which engines test files ask for, read from their text: a run that needs none should not wait for any. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ENGINE_NAMES, type EngineName } from '../../cli/stack/engine-process.ts';

const ASKED = /engineOrSkip\('(\w+)'\)/g;
const IMPORTED = /from '(\.{1,2}\/[^']+\.ts)'/g;
const TESTS = /\/test\//;
const EXAMPLES = join(import.meta.dirname, 'engines.ts');

/** Follows imports within `test/`, so that a fixture may ask too. */
export function enginesNamedIn(files: readonly string[]): ReadonlySet<EngineName> {
  const engines = new Set<EngineName>();
  const seen = new Set<string>();
  const waiting = [...files];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file) || !existsSync(file)) continue;
    seen.add(file);
    // What stands there is an example.
    if (file === EXAMPLES) continue;
    const text = readFileSync(file, 'utf8');
    for (const [, name = ''] of text.matchAll(ASKED)) if (isEngine(name)) engines.add(name);
    for (const [, path = ''] of text.matchAll(IMPORTED)) {
      const imported = resolve(dirname(file), path);
      if (TESTS.test(imported)) waiting.push(imported);
    }
  }
  return engines;
}

function isEngine(name: string): name is EngineName {
  return (ENGINE_NAMES as readonly string[]).includes(name);
}
