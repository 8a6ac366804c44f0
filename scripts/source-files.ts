/**
 * The files of the project as one reads them: no dependencies, no output. Walks the tree rather than asking git, because an
 * unpacked archive has no history and must pass the same tests.
 */
import { readdirSync } from 'node:fs';

const NOT_OURS = new Set(['.git', 'node_modules', 'dist', 'coverage', 'reports', '.seqcast', '.seqcast-stack', '.tfjs-node']);

/** Paths from the root with forward slashes, sorted. */
export function projectFiles(folder = '.'): string[] {
  const files: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (NOT_OURS.has(entry.name)) continue;
    const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) files.push(...projectFiles(path));
    else if (entry.isFile() && !/[.](log|tsbuildinfo)$/.test(entry.name)) files.push(path);
  }
  return files.sort();
}

/** Code that people write: everything but tests and what a tool wrote. */
export function sourceFiles(): string[] {
  return projectFiles().filter((file) => /[.](ts|tsx|js|mjs|cjs|lua)$/.test(file) && !/(^|\/)(test|generated)\//.test(file));
}
