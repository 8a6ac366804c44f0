/**
 * Builds the site of the docs: `npm run site`, into reports/site. A dead link ends it, and so does anything that a page would load from
 * elsewhere.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vitepress';

const SITE = join('reports', 'site');
/** What a browser fetches by itself. Links that people follow may lead anywhere. */
const LOADED = /<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc="(?:https?:)?\/\/[^"]*"|<link\b[^>]*\bhref="(?:https?:)?\/\/[^"]*"/g;
const LOADED_BY_STYLES = /url\(["']?(?:https?:)?\/\/[^)]*\)|@import\s+["'](?:https?:)?\/\/[^"']*["']/g;

/** What pages and styles of a built site load from other hosts. */
export function loadedFromElsewhere(site: string): string[] {
  const files = readdirSync(site, { recursive: true, encoding: 'utf8' });
  return files.flatMap((file) => {
    const pattern = file.endsWith('.html') ? LOADED : file.endsWith('.css') ? LOADED_BY_STYLES : undefined;
    if (pattern === undefined) return [];
    return [...readFileSync(join(site, file), 'utf8').matchAll(pattern)].map(([found]) => `${file}: ${found}`);
  });
}

export async function buildSite(): Promise<string> {
  await build('docs');
  const loaded = loadedFromElsewhere(SITE);
  if (loaded.length > 0) throw new Error(`the site loads from elsewhere: ${loaded.join(', ')}`);
  return SITE;
}

if (process.argv[1] === import.meta.filename) console.log(`built into ${await buildSite()}`);
