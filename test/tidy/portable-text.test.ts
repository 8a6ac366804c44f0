/** Nothing written down belongs to one machine: no local paths, no registry hosts, nothing left for later. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { projectFiles } from '../../scripts/source-files.ts';

const BINARY = /[.](gz|png|svg|parquet|avro|bin|db)$/;
const LOCAL_PATH = /(?<![\w.*])\/(?:work|root|home|Users)\/|\/tmp\/[a-z]/;
const REGISTRY_HOST = /npmjs\.(?:org|com)|https?:\/\/[^\s"'/]*registry|registry\.yarnpkg/;
const LEFT_FOR_LATER = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`);

const texts = projectFiles()
  .filter((file) => !BINARY.test(file))
  .map((file) => ({ file, text: readFileSync(file, 'utf8') }));

/** `file:line` of every line that matches. */
function linesWith(pattern: RegExp, files = texts): string[] {
  return files.flatMap(({ file, text }) => text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}`] : [])));
}

describe('what is written in the project', () => {
  it('names no path of one machine', () => {
    expect(linesWith(LOCAL_PATH)).toEqual([]);
  });

  it('names no package registry', () => {
    expect(linesWith(REGISTRY_HOST)).toEqual([]);
  });

  it('leaves nothing marked for later', () => {
    expect(linesWith(LEFT_FOR_LATER)).toEqual([]);
  });

  it('has a lock file that any registry can serve', () => {
    const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, { resolved?: string }> };
    const bound = Object.entries(lock.packages).filter(([, { resolved }]) => resolved?.includes('://'));
    expect(bound.map(([name]) => name)).toEqual([]);
  });
});
