/** The site is built from the docs as they are: no dead link, nothing from elsewhere, a page for each of ours, and a search of its own. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listedPages } from '../../docs/.vitepress/navigation.ts';
import { buildSite, loadedFromElsewhere } from '../../scripts/site.ts';

test('the site of the docs is built by one command', async () => {
  const site = await buildSite();
  expect(loadedFromElsewhere(site)).toEqual([]);
  expect(['index', ...listedPages()].filter((page) => !existsSync(join(site, `${page}.html`)))).toEqual([]);
  const chunks = readdirSync(site, { recursive: true, encoding: 'utf8' });
  expect(chunks.some((file) => /localSearchIndex/.test(file))).toBe(true);
});
