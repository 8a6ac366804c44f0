/** Files are named after what they hold, so that a reader finds things by their names, and are short enough to hold one idea. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFiles, sourceFiles } from '../../scripts/source-files.ts';

/** Words that say nothing about what is inside. */
const EMPTY_WORDS = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'types', 'interfaces', 'manager']);
const KEBAB_CASE = /^[.]?[a-z0-9]+(-[a-z0-9]+)*([.][a-z0-9]+)+$/;
/** A longer file holds two ideas; most have about a hundred lines. */
const LINES_MAX = 300;

const code = projectFiles().filter((file) => /[.](ts|tsx|js|mjs|cjs|lua)$/.test(file));

describe('the files of the project', () => {
  it('were found', () => {
    expect(code).toContain('core/errors.ts');
    expect(code).toContain('test/tidy/file-names.test.ts');
  });

  it('have names that say something', () => {
    expect(code.filter((file) => file.split(/[/.-]/).some((word) => EMPTY_WORDS.has(word)))).toEqual([]);
  });

  it('are named in kebab-case', () => {
    expect(code.filter((file) => !KEBAB_CASE.test(basename(file)))).toEqual([]);
  });

  it(`have at most ${LINES_MAX} lines, tests and generated files aside`, () => {
    const lineCount = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n').length;
    expect(sourceFiles().filter((file) => lineCount(file) > LINES_MAX)).toEqual([]);
  });
});
