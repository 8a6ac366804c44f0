/** Every page of the docs is found by whoever reads them, and every link leads to something that is there. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { listedPages } from '../../docs/.vitepress/navigation.ts';
import { projectFiles } from '../../scripts/source-files.ts';

const pages = projectFiles().filter((file) => /^(docs\/.*|examples\/.*|[A-Z]+|client\/README)[.]md$/.test(file));

/** As the anchors of headings are made: lower case, without marks, words joined by hyphens. */
function anchorsOf(file: string): Set<string> {
  const headings = readFileSync(file, 'utf8').matchAll(/^#{1,6} (.+)$/gm);
  return new Set(
    [...headings].map(([, text = '']) =>
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s+/g, '-'),
    ),
  );
}

/** Links of a page with what is wrong with them, if anything. Code is no link. */
function deadLinks(page: string): string[] {
  const text = readFileSync(page, 'utf8')
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, href = '']) => {
    if (/^\w+:/.test(href)) return [];
    const [path = '', anchor] = href.split('#');
    const target = path === '' ? page : normalize(join(dirname(page), path));
    if (!existsSync(target)) return [`${page}: ${href}`];
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor) ? [`${page}: ${href} (no such heading)`] : [];
  });
}

test('the navigation of the docs lists every page once', () => {
  const written = pages.filter((file) => file.startsWith('docs/')).map((file) => file.slice('docs/'.length, -'.md'.length));
  const listed = listedPages();
  expect(written.filter((page) => page !== 'index' && !listed.includes(page))).toEqual([]);
  expect(new Set(listed).size).toBe(listed.length);
});

test('every link of the docs, the examples and the pages in the root leads to a file and a heading that are there', () => {
  expect(pages.length).toBeGreaterThan(40);
  expect(pages.flatMap(deadLinks)).toEqual([]);
});
