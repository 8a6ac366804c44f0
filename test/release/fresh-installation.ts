/**
 * An empty directory into which the packed packages were installed, without a registry: they are unpacked, and everything that they
 * declare as dependencies is linked from this checkout. What they do not declare is not there.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { type PackedPackage, packTo } from '../../scripts/pack.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface FreshInstallation {
  readonly directory: string;
  readonly packages: readonly PackedPackage[];
  /** Where a package is unpacked. */
  home(name: string): string;
  remove(): void;
}

export interface PackageManifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
}

export function manifestOf(home: string): PackageManifest {
  return JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as PackageManifest;
}

export function freshInstallation(): FreshInstallation {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-installed-'));
  const tarballs = join(directory, 'tarballs');
  const packages = packTo(tarballs);
  const home = (name: string): string => join(directory, 'node_modules', name);
  for (const { name, filename } of packages) {
    mkdirSync(home(name), { recursive: true });
    execFileSync('tar', ['-xzf', join(tarballs, filename), '-C', home(name), '--strip-components', '1']);
  }
  for (const { name } of packages) {
    const { dependencies = {}, bin = {} } = manifestOf(home(name));
    for (const dependency of Object.keys(dependencies)) linkDependency(home(dependency), dependency);
    for (const [command, file] of Object.entries(bin)) linkCommand(directory, command, join(home(name), file));
  }
  writeFileSync(join(directory, 'package.json'), '{ "private": true, "type": "module" }\n');
  return { directory, packages, home, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

function linkDependency(place: string, name: string): void {
  if (existsSync(place)) return;
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(resolve(ROOT, 'node_modules', name), place);
}

/** As npm does: the file may be run, and its command leads to it. */
function linkCommand(directory: string, command: string, file: string): void {
  const folder = join(directory, 'node_modules', '.bin');
  mkdirSync(folder, { recursive: true });
  chmodSync(file, 0o755);
  symlinkSync(file, join(folder, command));
}

/** Runs a program there to its end; rejects with what it said where it fails. */
export function runIn(directory: string, program: string, ...args: string[]): Promise<string> {
  return new Promise((done, reject) => {
    execFile(program, args, { cwd: directory }, (error, stdout, stderr) => {
      if (error === null) done(stdout);
      else reject(new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`));
    });
  });
}

/** `npx seqcast up` there, ended at the latest when the test ends. In a group of its own: npx does not hand every signal on. */
export async function serveFrom(directory: string): Promise<{ readonly url: string; end(): Promise<void> }> {
  const server = spawn('npx', ['--no-install', 'seqcast', 'up', '--data-dir', 'data', '--port', '0', '--json'], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = once(server, 'exit');
  const signal = async (name: NodeJS.Signals): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null && server.pid !== undefined) process.kill(-server.pid, name);
    await ended;
  };
  onTestFinished(() => signal('SIGKILL'));
  const [line] = (await Promise.race([once(server.stdout, 'data'), ended])) as [Buffer | number];
  const url = /http:[/][/]127[.]0[.]0[.]1:\d+/.exec(String(line))?.[0];
  if (url === undefined) throw new Error(`no server answers: ${line}`);
  return { url, end: () => signal('SIGTERM') };
}
