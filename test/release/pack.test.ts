/** What is packed is all that runs and nothing else, and it runs: from an empty directory, by `npx seqcast up`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FreshInstallation, freshInstallation, manifestOf, runIn, serveFrom } from './fresh-installation.ts';

const TIMEOUT_MS = 120_000;
const KILOBYTE = 1_024;
/** Half of it again than what is there now: what grows beyond was packed by mistake. */
const PACKED_KB_MAX: Readonly<Record<string, number>> = { seqcast: 1_500, 'seqcast-client': 60 };
/** Benches measure against programs of the workshop, and say so where one is missing. */
const WORKSHOP = 'dist/bench/';
/** Looked for, and done without. */
const MAY_BE_MISSING = ['@tensorflow/tfjs-node'];

let installation: FreshInstallation;
beforeAll(() => {
  installation = freshInstallation();
}, TIMEOUT_MS);
afterAll(() => installation.remove());

function pathsOf(name: string): string[] {
  return installation.packages.find((each) => each.name === name)?.files.map(({ path }) => path) ?? [];
}

/** What a built file imports, as it is written there. */
function importsOf(name: string, path: string): string[] {
  const text = readFileSync(join(installation.home(name), path), 'utf8');
  const statements = /^(?:import\s*(?:[^'"=;]*?\sfrom\s*)?|export\s[^'"=;]*?\sfrom\s*)['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm;
  return [...text.matchAll(statements)].map(([, stated, asked]) => stated ?? asked ?? '');
}

describe.each(['seqcast', 'seqcast-client'])('the package %s', (name) => {
  test('holds no tests, sources, maps or what a build remembers, and stays small', () => {
    const paths = pathsOf(name);
    expect(paths).toContain('dist/index.js');
    expect(paths).toContain('dist/index.d.ts');
    const superfluous = /[.](map|tsbuildinfo|tsx)$|(?<![.]d)[.]ts$|(^|\/)(test|docs|scripts|node_modules)\//;
    expect(paths.filter((path) => superfluous.test(path))).toEqual([]);
    const size = installation.packages.find((each) => each.name === name)?.size ?? 0;
    expect(size / KILOBYTE).toBeLessThan(PACKED_KB_MAX[name] ?? 0);
  });

  test('holds every file that another one imports, and declares every package', () => {
    const paths = new Set(pathsOf(name));
    const { dependencies = {}, peerDependencies = {} } = manifestOf(installation.home(name));
    const declared = new Set([...Object.keys(dependencies), ...Object.keys(peerDependencies), ...MAY_BE_MISSING, name]);
    const missing: string[] = [];
    let seen = 0;
    for (const path of paths) {
      if (!path.endsWith('.js')) continue;
      for (const asked of importsOf(name, path)) {
        seen++;
        if (asked.startsWith('.')) {
          if (!paths.has(posix.join(posix.dirname(path), asked))) missing.push(`${path}: ${asked}`);
        } else if (!path.startsWith(WORKSHOP)) {
          const from = asked
            .split('/')
            .slice(0, asked.startsWith('@') ? 2 : 1)
            .join('/');
          if (!asked.startsWith('node:') && !builtinModules.includes(asked) && !declared.has(from)) missing.push(`${path}: ${asked}`);
        }
      }
    }
    expect(seen).toBeGreaterThan(10);
    expect(missing).toEqual([]);
  });
});

test('the package seqcast holds what it reads when it runs, byte for byte', () => {
  const paths = new Set(pathsOf('seqcast'));
  const read = ['dist/schemas', 'dist/adapters/redis/functions', 'dist/cli/stack/kafka', 'dist/backtest/traces', 'dist/web'].flatMap(
    (folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !/[.](map|d[.]ts)$/.test(entry.name))
        .map((entry) => posix.join(entry.parentPath, entry.name)),
  );
  for (const kind of ['.avsc', '.lua', '.xml', '.gz', '.html', '.css', '.yaml'])
    expect(
      read.some((path) => path.endsWith(kind)),
      kind,
    ).toBe(true);
  expect(read.filter((path) => !paths.has(path))).toEqual([]);
});

test('installed into an empty directory, `npx seqcast up` serves values, its dashboard and its documentation', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { directory } = installation;
  const npx = (...args: string[]) => runIn(directory, 'npx', '--no-install', 'seqcast', ...args);
  const { url, end } = await serveFrom(directory);
  await npx('create', 'orders', '--start', '1000', '--url', url);
  expect(await npx('next', 'orders', '-n', '3', '--url', url)).toBe('1000\n1001\n1002\n');

  const page = await (await fetch(`${url}/`)).text();
  const assets = [...page.matchAll(/(?:src|href)="([.]?\/?assets\/[^"]+)"/g)].map(([, path = '']) => path);
  expect(assets.length).toBeGreaterThan(0);
  for (const asset of assets) expect((await fetch(new URL(asset, `${url}/`))).status).toBe(200);
  expect((await fetch(`${url}/docs`)).status).toBe(200);
  expect(await (await fetch(`${url}/docs/json`)).json()).toMatchObject({ openapi: expect.stringMatching(/^3[.]1/) });

  const program = `
    import { open } from 'seqcast';
    import { connect } from 'seqcast-client';
    const client = await connect('${url}');
    console.log(String(await client.sequence('orders').next()));
    await client.close();
    const own = await open({ dataDir: 'own' });
    await own.create('tickets', { start: 7n });
    console.log(String((await own.next({ sequence: 'tickets', count: 1 })).blocks[0].start));
    await own.close();`;
  writeFileSync(join(directory, 'program.js'), program);
  expect(await runIn(directory, process.execPath, 'program.js')).toMatch(/^1003\n7\n$/);
  expect(await npx('acl', '--for', 'redis')).toContain('+fcall');
  await end();
  expect(await npx('audit', '--data-dir', 'data')).toContain('0 duplicates');
});
