/** The tarballs install into an empty project as anybody would do it, with every dependency from where npm gets it, and run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { packTo } from '../../scripts/pack.ts';
import { runIn, serveFrom } from './fresh-installation.ts';

const TIMEOUT_MS = 600_000;

test('npm installs both tarballs into an empty project, and npx seqcast up serves a value', { timeout: TIMEOUT_MS }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-npm-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const tarballs = packTo(join(directory, 'tarballs')).map(({ filename }) => `./tarballs/${filename}`);
  await runIn(directory, 'npm', 'init', '--yes');
  // The scripts of packages are not needed: what is native comes built, and TensorFlow's own library is for whoever wants it.
  await runIn(directory, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', ...tarballs);
  const { url } = await serveFrom(directory);
  await runIn(directory, 'npx', '--no-install', 'seqcast', 'create', 'orders', '--start', '1000', '--url', url);
  expect(await runIn(directory, 'npx', '--no-install', 'seqcast', 'next', 'orders', '--url', url)).toBe('1000\n');
});
