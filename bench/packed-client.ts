/** How large the client is as npm packs it, and which files are in it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const isBuilt = import.meta.filename.includes('/dist/');
/** The client's folder, from the sources and from what is built of them. */
export const CLIENT_FOLDER = fileURLToPath(new URL(isBuilt ? '../../client' : '../client', import.meta.url));

export async function packedClient(): Promise<{ readonly bytes: number; readonly files: readonly string[] }> {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: CLIENT_FOLDER });
  const [packed] = JSON.parse(stdout) as { readonly size: number; readonly files: readonly { readonly path: string }[] }[];
  if (packed === undefined) throw new Error('npm packed nothing');
  return { bytes: packed.size, files: packed.files.map(({ path }) => path) };
}
