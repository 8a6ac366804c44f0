/** Walks of docs/guides/walks.md, run as anybody would: by their scripts, in an empty directory. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { freePort } from '../../cli/stack/ports.ts';

const ROOT = join(import.meta.dirname, '../..');
const TIMEOUT_MS = 300_000;

export function scriptOf(walk: string): string {
  return readFileSync(join(ROOT, `examples/walks/${walk}.sh`), 'utf8');
}

/** Runs a walk with `seqcast` as the command of this checkout, unless the directory has one of its own. */
export async function walked(walk: string, directory: string): Promise<string> {
  const bin = join(directory, 'node_modules/.bin');
  const port = await freePort(new Set());
  const script = join(directory, 'walk.sh');
  const second = await freePort(new Set([port]));
  writeFileSync(script, scriptOf(walk).replaceAll('7070', String(port)).replaceAll('6390', String(second)));
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env.PATH ?? ''}`,
    SEQCAST_PORT: String(port),
    SEQCAST_URL: `http://127.0.0.1:${port}`,
  };
  return await new Promise((resolve, reject) => {
    execFile('bash', [script], { cwd: directory, env, timeout: TIMEOUT_MS, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`the walk ended with ${error.code ?? error.signal}: ${stdout}${stderr}`));
    });
  });
}

export function emptyDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-walk-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const bin = join(directory, 'node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'seqcast'), `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'dist/cli/main.js')}" "$@"\n`);
  chmodSync(join(bin, 'seqcast'), 0o755);
  return directory;
}

/** What the data scientist's walk has to come to, on whichever demand. */
export function expectModel(said: string, directory: string): void {
  expect(readFileSync(join(directory, 'report.html'), 'utf8')).toContain('<svg');
  expect(said).toContain('| training | full, 10 steps, seed 1 |');
  expect(said).toContain('is in service: promoted by hand');
  expect(said).toContain('was rolled back');
  // Once on the made-up file, and once on what the server recorded.
  expect(said.match(/stalls ppm/g)?.length).toBeGreaterThanOrEqual(2);
}

/** Runs `seqcast` there, whatever comes of it: to end what a walk that failed has left. */
export function ended(directory: string, ...args: string[]): Promise<void> {
  return new Promise((resolve) => {
    execFile(join(directory, 'node_modules/.bin/seqcast'), args, { cwd: directory }, () => resolve());
  });
}
