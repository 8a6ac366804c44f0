/**
 * Applies the import rules of `.dependency-cruiser.cjs` and makes sure that the tool saw the files: a parser that does not fit the
 * compiler finds no modules, hence no violations, and says all is well.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { sourceFiles } from './source-files.ts';

const { forbidden, options } = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as Required<IConfiguration>;
/** The rooms of the house: each has a rule of its own, named after it. */
const ROOMS = forbidden.flatMap(({ name }) => (name?.endsWith('-imports') ? [name.slice(0, -'-imports'.length)] : []));
const ENTRANCES = ['index.ts', 'examples', 'test', 'scripts'];

export interface ImportReport {
  /** One line each: rule, importing file, imported file. */
  readonly violations: readonly string[];
  /** TypeScript files in the rooms that the tool did not look at. */
  readonly unseen: readonly string[];
  readonly modules: number;
}

export async function checkImports(): Promise<ImportReport> {
  const paths = [...ROOMS, ...ENTRANCES].filter((path) => existsSync(path));
  const result = await cruise(paths, { ...options, ruleSet: { forbidden }, validate: true, outputType: 'json' }, undefined, {
    tsConfig: extractTSConfig('tsconfig.json'),
  });
  const { summary, modules } = JSON.parse(String(result.output)) as ICruiseResult;
  const seen = new Set(modules.map((module) => module.source));
  return {
    violations: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`),
    unseen: sourceFiles().filter((file) => /[.]tsx?$/.test(file) && ROOMS.includes(file.split('/')[0] ?? '') && !seen.has(file)),
    modules: seen.size,
  };
}

if (process.argv[1] === import.meta.filename) {
  const { violations, unseen, modules } = await checkImports();
  for (const violation of violations) console.error(violation);
  for (const file of unseen) console.error(`not seen by dependency-cruiser: ${file}`);
  console.log(`import rules: ${modules} modules, ${violations.length} violations, ${unseen.length} files not seen`);
  if (violations.length > 0 || unseen.length > 0 || modules === 0) process.exitCode = 1;
}
