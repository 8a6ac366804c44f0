/** The pictures of the site say what the blocks of mermaid say that they stand for, load nothing, and follow the colours of the page. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pictureOf, pictures } from '../../docs/.vitepress/pictures.ts';

const pages = readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter((page) => page.endsWith('.md'));
const blocks = pages.flatMap((page) =>
  [...readFileSync(join('docs', page), 'utf8').matchAll(/^```mermaid\n([\s\S]*?)^```$/gm)].map(([, mermaid = '']) => ({ page, mermaid })),
);

/** Words that a reader of the block sees: labels, and names that have none. */
function wordsOf(mermaid: string): string[] {
  const labels = [...mermaid.matchAll(/[[(|"]{1,3}([^[\](){}|"]+?)["\])|]{1,3}/g)].map(([, label = '']) => label);
  const spoken = [...mermaid.matchAll(/^ *(?:participant \w+ as|Note over [\w,]+:|\w+->>\w+:) (.+)$/gm)].map(([, label = '']) => label);
  return [...labels, ...spoken]
    .flatMap((label) => label.replaceAll(/<[^>]+>/g, '\n').split('\n'))
    .flatMap((each) => each.match(/[\w'?.]{3,}/g) ?? []);
}

describe('the pictures of the docs', () => {
  test('are there for every block of mermaid', () => {
    expect(blocks.map(({ page }) => page).sort()).toEqual([
      'how-it-works/several-processes.md',
      'how-it-works/several-processes.md',
      'reference/topology.md',
    ]);
  });

  test.each(blocks)('$page: has the words of its block', ({ mermaid }) => {
    const shown = [...pictureOf(mermaid).matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text).join(' ');
    const words = wordsOf(mermaid);
    expect(words.length).toBeGreaterThan(10);
    expect(words.filter((word) => !shown.includes(word))).toEqual([]);
  });

  test.each(blocks)('$page: loads nothing, and has no colour of its own', ({ mermaid }) => {
    const picture = pictureOf(mermaid);
    expect(picture).not.toMatch(/<(?:script|style|image|use)\b|href=|url\((?!#)/);
    expect(picture.match(/(?:fill|stroke)="(?!none|currentColor)[^"]*"/g) ?? []).toEqual([]);
    expect(picture).toContain('<title>');
  });

  test('take the place of mermaid only', () => {
    const rules = { fence: () => 'code' };
    pictures({ renderer: { rules } });
    const shown = rules.fence as unknown as (tokens: readonly { readonly info: string; readonly content: string }[], at: number) => string;
    expect(shown([{ info: 'sh', content: 'ls' }], 0)).toBe('code');
    expect(shown([{ info: 'mermaid', content: blocks[0]?.mermaid ?? '' }], 0)).toContain('<svg');
    expect(() => shown([{ info: 'mermaid', content: 'flowchart LR' }], 0)).toThrow('names no file');
  });
});
