/** Which pages there are, in the order in which one reads them; one that is not named here comes last in its folder. Their names are their headings. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DOCS = join(import.meta.dirname, '..');

interface Chapter {
  readonly title: string;
  /** What the head of every page calls it; chapters without are beside the one before. */
  readonly head?: string;
  readonly pages: readonly string[];
  /** Folder whose other pages follow. */
  readonly rest?: string;
}

const ORDER: readonly Chapter[] = [
  {
    title: 'Start',
    head: 'Start',
    pages: ['guides/getting-started', 'guides/walks', 'guides/demo', 'guides/dashboard', 'guides/when-not'],
  },
  {
    title: 'Take values',
    head: 'Guides',
    pages: [
      'guides/clients',
      'guides/gapless',
      'guides/kafka',
      'guides/http-api',
      'guides/values-from-redis',
      'guides/bulk',
      'guides/pool-kinds',
      'guides/replace',
      'guides/import',
    ],
  },
  {
    title: 'Know beforehand',
    pages: ['guides/observe', 'guides/backtest', 'guides/replay', 'guides/profiles', 'guides/train-models', 'guides/capacity'],
  },
  {
    title: 'Run it',
    pages: [
      'guides/deploy',
      'guides/security',
      'guides/observability',
      'guides/pools',
      'guides/value-space',
      'guides/recover',
      'guides/restore',
      'guides/upgrade',
      'guides/analytics',
      'guides/chaos',
    ],
    rest: 'guides',
  },
  {
    title: 'Reference',
    head: 'Reference',
    pages: [
      'reference/http',
      'reference/cli',
      'reference/config',
      'reference/errors',
      'reference/metrics',
      'reference/worker-metrics',
      'reference/channels',
      'reference/topology',
      'reference/glossary',
    ],
    rest: 'reference',
  },
  {
    title: 'How it works',
    head: 'How it works',
    pages: [
      'how-it-works/never-twice',
      'how-it-works/sizing',
      'how-it-works/forecasting',
      'how-it-works/several-processes',
      'how-it-works/threat-model',
    ],
    rest: 'how-it-works',
  },
  { title: 'Decisions', head: 'Decisions', pages: [], rest: 'adr' },
];

const named = new Set(ORDER.flatMap(({ pages }) => pages));
const CHAPTERS = ORDER.map((chapter) => ({ ...chapter, pages: [...chapter.pages, ...othersIn(chapter.rest)] }));

function othersIn(folder: string | undefined): string[] {
  if (folder === undefined) return [];
  const names = readdirSync(join(DOCS, folder)).filter((name) => name.endsWith('.md'));
  const pages = names.sort().map((name) => `${folder}/${name.slice(0, -'.md'.length)}`);
  return pages.filter((page) => !named.has(page));
}

/** Paths of all pages, from the folder of the docs and without an ending. */
export function listedPages(): string[] {
  return CHAPTERS.flatMap(({ pages }) => pages);
}

function headingOf(page: string): string {
  const [, heading = page] = /^# (.+)$/m.exec(readFileSync(join(DOCS, `${page}.md`), 'utf8')) ?? [];
  return heading.replaceAll('`', '');
}

const isThere = (page: string): boolean => existsSync(join(DOCS, `${page}.md`));

/** For the margin of every page. */
export function sidebar() {
  return CHAPTERS.map(({ title, pages }) => ({
    text: title,
    collapsed: title === 'Decisions',
    items: pages.filter(isThere).map((page) => ({ text: headingOf(page), link: `/${page}` })),
  }));
}

/** For the head of every page: each chapter leads to its first page. */
export function head() {
  return CHAPTERS.flatMap(({ head, pages }) =>
    head === undefined ? [] : [{ text: head, link: `/${pages[0]}`, activeMatch: folderOf(pages) }],
  );
}

function folderOf([first = '']: readonly string[]): string {
  const folder = first.slice(0, first.indexOf('/') + 1);
  return folder === 'guides/' ? `/${first}` : `/${folder}`;
}
