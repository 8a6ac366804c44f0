/**
 * Links that lead out of the docs, to code or to a page in the root of the repository. Read there, they open the file; on the site they
 * lead into the repository where its address is told, and are plain text that says the path where it is not. One that leads to no file is
 * dead, wherever it is read.
 */
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const DOCS = join(import.meta.dirname, '..');
const ROOT = join(DOCS, '..');

interface Token {
  readonly type: string;
  tag: string;
  readonly children: Token[] | null;
  attrs: [string, string][] | null;
  attrGet(name: string): string | null;
}

/** What is used of markdown-it. */
interface Markdown {
  readonly core: {
    readonly ruler: {
      push(name: string, rule: (state: { readonly tokens: readonly Token[]; readonly env: { readonly path?: string } }) => void): void;
    };
  };
}

export interface LinksOutOptions {
  /** Address of the repository's files; empty where there is none to lead to. */
  readonly repository: string;
}

export function linksOut(markdown: Markdown, { repository }: LinksOutOptions): void {
  markdown.core.ruler.push('links-out', ({ tokens, env }) => {
    const page = env.path ?? join(DOCS, 'index.md');
    for (const { children } of tokens) {
      if (children !== null) lead(children, page, repository);
    }
  });
}

function lead(tokens: readonly Token[], page: string, repository: string): void {
  let path: string | undefined;
  for (const token of tokens) {
    if (token.type === 'link_open') {
      path = pathOut(token.attrGet('href') ?? '', page);
      if (path !== undefined) token.attrs = attributes(path, repository);
    }
    if (path !== undefined && repository === '' && (token.type === 'link_open' || token.type === 'link_close')) token.tag = 'span';
    if (token.type === 'link_close') path = undefined;
  }
}

/** From the root of the repository; undefined where the link stays within the docs or leads to another host. */
function pathOut(href: string, page: string): string | undefined {
  if (/^(\w+:|#|\/)/.test(href) || href === '') return undefined;
  const [file = ''] = href.split('#');
  const target = join(dirname(page), file);
  if (!relative(DOCS, target).startsWith('..')) return undefined;
  if (!existsSync(target)) throw new Error(`${relative(ROOT, page)} links to ${href}, which is not there`);
  return relative(ROOT, target);
}

function attributes(path: string, repository: string): [string, string][] {
  if (repository === '') return [['title', `${path} in the repository`]];
  return [
    ['href', `${repository}/${path}`],
    ['target', '_blank'],
    ['rel', 'noreferrer'],
  ];
}
