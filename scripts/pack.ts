/**
 * Packs what is released, the server and its client, as `npm publish` would: `npm run pack [DIRECTORY]`. Both belong together, because the
 * server depends on the client of its own version.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const DIRECTORY_DEFAULT = join('reports', 'packages');

export interface PackedPackage {
  readonly name: string;
  readonly version: string;
  /** Name of the tarball. */
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** Writes one tarball a package, of what was built before. */
export function packTo(directory: string): PackedPackage[] {
  mkdirSync(directory, { recursive: true });
  const packages = ['--include-workspace-root', '--workspaces'];
  const args = ['pack', '--json', '--ignore-scripts', ...packages, '--pack-destination', directory];
  return JSON.parse(execFileSync('npm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })) as PackedPackage[];
}

if (process.argv[1] === import.meta.filename) {
  const directory = process.argv[2] ?? DIRECTORY_DEFAULT;
  for (const { filename, files, size } of packTo(directory)) {
    console.log(`${join(directory, filename)}: ${files.length} files, ${(size / 1_024).toFixed(0)} KB`);
  }
}
