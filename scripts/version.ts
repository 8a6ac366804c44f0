/**
 * Makes the next version of what lies in `.changeset`: `npm run version`. Server and client get the same number, wherever it is written;
 * what the changesets say goes into CHANGELOG.md, together with what was noted there meanwhile.
 *
 * Changesets knows the packages of a workspace and not the one in its root, so it is shown both side by side, in a directory of their own.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const SERVER = 'seqcast';
const CLIENT = 'seqcast-client';
const CLIENT_FOLDER = 'client';
const UNRELEASED = '## [Unreleased]\n';
/** Where the number stands beside the manifests and the lock file: all of it is text. */
const NAMED_IN = ['core/version.ts', 'docker-compose.yml', 'docs/guides/deploy.md'];
/** Of the image: a version after its name, and not one of somebody else. */
const VERSION_IN: Readonly<Record<string, RegExp>> = {
  'core/version.ts': /(?<=VERSION = ')[^']+/g,
  'docker-compose.yml': /(?<=image: seqcast:)\S+/g,
  'docs/guides/deploy.md': /(?<=image: seqcast:)\S+/g,
};

interface Manifest {
  version: string;
  dependencies?: Record<string, string>;
}

/** Applies all changesets of the project in `root`; returns the new version, or undefined where there are none. */
export function releaseVersion(root: string, today: string): string | undefined {
  const shown = join(root, 'reports', 'version');
  rmSync(shown, { recursive: true, force: true });
  const folders = { [SERVER]: root, [CLIENT]: join(root, CLIENT_FOLDER) };
  for (const [name, folder] of Object.entries(folders)) {
    mkdirSync(join(shown, name), { recursive: true });
    copyFileSync(join(folder, 'package.json'), join(shown, name, 'package.json'));
  }
  cpSync(join(root, '.changeset'), join(shown, '.changeset'), { recursive: true });
  writeFileSync(join(shown, 'package.json'), JSON.stringify({ name: 'release', private: true, workspaces: [SERVER, CLIENT] }));
  symlinkSync(resolve('node_modules'), join(shown, 'node_modules'));
  execFileSync(process.execPath, [resolve('node_modules/@changesets/cli/bin.js'), 'version'], {
    cwd: shown,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const before = readManifest(root).version;
  const { version } = readManifest(join(shown, SERVER));
  if (version === before) return undefined;
  const notes = readFileSync(join(shown, SERVER, 'CHANGELOG.md'), 'utf8').split(`\n## ${version}\n`)[1] ?? '';
  rmSync(join(root, '.changeset'), { recursive: true });
  cpSync(join(shown, '.changeset'), join(root, '.changeset'), { recursive: true });
  rmSync(shown, { recursive: true });
  writeVersion(root, before, version);
  noteChanges(join(root, 'CHANGELOG.md'), `## ${version} (${today})\n${notes.trimEnd()}\n`);
  return version;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** As text, so that nothing else of the files changes. */
function writeVersion(root: string, before: string, version: string): void {
  const rewrite = (file: string, change: (text: string) => string): void => {
    writeFileSync(join(root, file), change(readFileSync(join(root, file), 'utf8')));
  };
  const own = (text: string): string => text.replace(`"version": "${before}"`, `"version": "${version}"`);
  const dependency = (text: string): string => text.replaceAll(`"${CLIENT}": "${before}"`, `"${CLIENT}": "${version}"`);
  rewrite('package.json', (text) => dependency(own(text)));
  rewrite(`${CLIENT_FOLDER}/package.json`, own);
  for (const file of NAMED_IN) rewrite(file, (text) => text.replace(VERSION_IN[file] as RegExp, version));
  rewrite('package-lock.json', (text) => {
    const lock = JSON.parse(text) as Manifest & { packages: Record<string, Manifest> };
    lock.version = version;
    for (const place of ['', CLIENT_FOLDER]) {
      const manifest = lock.packages[place];
      if (manifest === undefined) continue;
      manifest.version = version;
      if (manifest.dependencies?.[CLIENT] !== undefined) manifest.dependencies[CLIENT] = version;
    }
    return `${JSON.stringify(lock, null, 2)}\n`;
  });
}

/** What was noted as unreleased is released with it; an empty place for what comes next is left. */
function noteChanges(file: string, section: string): void {
  const text = readFileSync(file, 'utf8');
  const [head = '', rest] = text.split(UNRELEASED);
  if (rest !== undefined) {
    writeFileSync(file, `${head}${UNRELEASED}\n${section}${rest}`);
    return;
  }
  const at = text.indexOf('\n## ');
  writeFileSync(file, at < 0 ? `${text}\n${section}` : `${text.slice(0, at + 1)}${section}\n${text.slice(at + 1)}`);
}

if (process.argv[1] === import.meta.filename) {
  const version = releaseVersion('.', new Date().toISOString().slice(0, 10));
  console.log(version === undefined ? 'no changesets: nothing to release' : `this is ${version} now`);
}
