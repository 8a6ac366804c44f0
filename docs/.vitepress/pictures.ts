/**
 * Pictures of the docs. Where the pages are read in the repository, a block of mermaid is drawn by whoever shows it; nothing here draws one
 * without loading megabytes, so on the site the block is replaced by the picture that its first line names. A test holds the picture to
 * the words of the block.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
/** As mermaid writes a comment. */
const NAMED = /^%% (docs\/images\/[a-z-]+\.svg)$/m;

interface Token {
  readonly info: string;
  readonly content: string;
}

/** As a method is compared: markdown-it's tokens have more than is read here. */
type Fence = { rule(tokens: Token[], at: number, ...rest: unknown[]): string }['rule'];

/** What is used of markdown-it. */
interface Markdown {
  readonly renderer: { readonly rules: { fence?: Fence | undefined } };
}

export function pictures(markdown: Markdown): void {
  const { rules } = markdown.renderer;
  const { fence } = rules;
  rules.fence = (tokens, at, ...rest) => {
    const { info = '', content = '' } = tokens[at] ?? {};
    if (info.trim() !== 'mermaid') return fence?.(tokens, at, ...rest) ?? '';
    return `<figure v-pre>${pictureOf(content)}</figure>\n`;
  };
}

/** Drawn in the colour of the text around it, light or dark: within the page, because a file beside it knows no colour but its own. */
export function pictureOf(mermaid: string): string {
  const [, path] = NAMED.exec(mermaid) ?? [];
  if (path === undefined) throw new Error(`a picture names no file of docs/images in its first line: ${mermaid.slice(0, 80)}`);
  return readFileSync(join(ROOT, path), 'utf8');
}
