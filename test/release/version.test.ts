/** A release gives server and client one number wherever it is written, and says in the changelog what the changesets said. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { VERSION } from '../../core/version.ts';
import { releaseVersion } from '../../scripts/version.ts';

const FILES = [
  'package.json',
  'package-lock.json',
  'client/package.json',
  'core/version.ts',
  'docker-compose.yml',
  'docs/guides/deploy.md',
];

function copyOfProject(): string {
  const root = mkdtempSync(join(tmpdir(), 'seqcast-version-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const file of [...FILES, 'CHANGELOG.md', '.changeset/config.json']) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    cpSync(file, join(root, file));
  }
  return root;
}

test('the changesets that wait are for packages that there are', () => {
  const waiting = readdirSync('.changeset').filter((file) => file.endsWith('.md') && file !== 'README.md');
  for (const file of waiting) {
    const [, head = ''] = /^---\n([\s\S]*?)^---$/m.exec(readFileSync(join('.changeset', file), 'utf8')) ?? [];
    expect(head.trim().split('\n'), file).toEqual(
      expect.arrayContaining([expect.stringMatching(/^"seqcast(-client)?": (major|minor|patch)$/)]),
    );
  }
});

test('a minor change of the server makes the next minor version of both', { timeout: 30_000 }, () => {
  const root = copyOfProject();
  expect(releaseVersion(root, '2027-01-02')).toBeUndefined();
  writeFileSync(join(root, '.changeset/what-is-new.md'), '---\n"seqcast": minor\n---\n\nValues may be asked for by pigeon.\n');
  const [major, minor] = VERSION.split('.').map(Number);
  const next = `${major}.${(minor ?? 0) + 1}.0`;
  expect(releaseVersion(root, '2027-01-02')).toBe(next);
  for (const file of FILES) expect(readFileSync(join(root, file), 'utf8'), file).toContain(next);
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
  expect(manifest.dependencies['seqcast-client']).toBe(next);
  const changes = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  expect(changes.indexOf(`## ${next} (2027-01-02)`)).toBeGreaterThan(0);
  expect(changes).toContain('Values may be asked for by pigeon.');
  expect(existsSync(join(root, '.changeset/what-is-new.md'))).toBe(false);
});
