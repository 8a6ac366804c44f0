/**
 * The site of the docs: `npm run site` builds it, from the pages as they are read in the repository. It loads nothing from elsewhere, and a
 * link that leads nowhere ends the build.
 */
import { defineConfig } from 'vitepress';
import { linksOut } from './links-out.ts';
import { head, sidebar } from './navigation.ts';
import { pictures } from './pictures.ts';

export default defineConfig({
  title: 'seqcast',
  description: 'Sequence values that are never given out twice, and a forecast of how many each consumer will need.',
  lang: 'en',
  outDir: '../reports/site',
  cacheDir: '../node_modules/.cache/vitepress',
  // Wherever it is put: in the root of a host, or below a path that is told.
  base: process.env.SITE_BASE ?? '/',
  ignoreDeadLinks: false,
  markdown: {
    languageAlias: { redis: 'shellscript' },
    config: (markdown) => markdown.use(linksOut, { repository: process.env.SITE_REPOSITORY ?? '' }).use(pictures),
  },
  themeConfig: {
    nav: head(),
    sidebar: sidebar(),
    outline: [2, 3],
    search: { provider: 'local' },
  },
});
