/** The reference pages say what the code says. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CATALOGUE, ERROR_CODES } from '../../core/errors.ts';
import { REFERENCE_PAGES } from '../../scripts/reference.ts';

describe('the reference', () => {
  it.each(Object.entries(REFERENCE_PAGES))('%s is what `npm run docs` writes', (path, page) => {
    expect(readFileSync(path, 'utf8')).toBe(page());
  });

  it('knows every metric that the head of a stage names', () => {
    const page = readFileSync('docs/reference/metrics.md', 'utf8');
    const heads = ['consumption', 'forecast', 'allocation', 'filling'].map((stage) => readFileSync(`pipelines/${stage}.ts`, 'utf8'));
    const named = heads.flatMap((head) => head.match(/seqcast_[a-z_]+/g) ?? []);
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([]);
  });

  it('has a row for every error code', () => {
    const page = readFileSync('docs/reference/errors.md', 'utf8');
    expect(ERROR_CODES.filter((code) => !page.includes(`| \`${code}\` |`))).toEqual([]);
  });

  it('says of every error when it is thrown and what to do', () => {
    for (const code of ERROR_CODES) {
      const { when, whatToDo, httpStatus } = ERROR_CATALOGUE[code];
      expect(code).toMatch(/^SEQ_[A-Z]+(_[A-Z]+)*$/);
      expect(when, code).toMatch(/^[a-z].*[^.]$/);
      expect(whatToDo, code).toMatch(/^[A-Z].*\.$/);
      expect(httpStatus, code).toBeGreaterThanOrEqual(400);
    }
  });
});
