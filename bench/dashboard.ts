/**
 * What the dashboard costs a browser: how soon it is painted, how many bytes it takes, and which share of a core it needs to follow 100
 * streams that all change 60 times a second, or 10,000 that all change once a second, of which it shows some. The page comes from the
 * gateway's own build; the events from a source that knows no pause.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Browser, Page } from 'playwright-core';
import { median } from './median.ts';
import type { BenchResult } from './result.ts';

const BUILT = new URL('../web/', import.meta.url);
const STREAMS = 100;
const UPDATES_PER_SECOND = 60;
const MEASURED_MS = 10_000;
const SETTLED_MS = 3_000;
const PAINTS = 5;
const PAINT_MS_MAX = 1_000;
const KBYTES_MAX = 80;
const CORE_SHARE_MAX = 0.2;
/** As the gateway does it: each second the busiest of those that moved, and the rows in sight when they are asked for. */
const MANY = 10_000;
const TOLD_MAX = 200;
/** A row in sight is as old as the last second, and as long as it takes to ask for it. */
const AGE_MS_MAX = 2_000;
/** Of a frame while the table of all is scrolled through and its figures change. */
const FRAME_MS_MAX = 100;
const TYPES: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript', css: 'text/css' };
/** Views that follow every look: the one that opens first, and the one that draws most. */
const VIEWS = ['overview', 'streams', 'streams/orders/web/service-7'] as const;

export async function run(): Promise<BenchResult[]> {
  const { chromium } = await import('playwright-core');
  const executablePath = execFileSync('sh', ['-c', 'command -v chromium || command -v google-chrome'], { encoding: 'utf8' }).trim();
  const source = await restlessSource({ streams: STREAMS, perSecond: UPDATES_PER_SECOND });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const paints: number[] = [];
    for (let i = 0; i < PAINTS; i++) {
      const page = await (await browser.newContext({ viewport: { width: 1_280, height: 900 } })).newPage();
      await page.goto(`${source.url}/`);
      await page.locator('h1').waitFor();
      paints.push(await page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0].startTime"));
      await page.context().close();
    }
    const shares: number[] = [];
    for (const view of VIEWS) {
      const page = await (await browser.newContext({ viewport: { width: 1_280, height: 900 } })).newPage();
      await page.goto(`${source.url}/#/${view}`);
      await page.locator('h1').waitFor();
      shares.push(await coreShare(page));
      await page.context().close();
    }
    return [
      paintResult(median(paints)),
      sizeResult(),
      ...shares.map((share, index) => shareResult(VIEWS[index] as string, share)),
      ...(await manyStreams(browser)),
    ];
  } finally {
    await browser.close();
    source.close();
  }
}

/** Time that the page's own thread was at work, of all time that passed. */
async function coreShare(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'timeTicks' });
  const busySeconds = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  };
  await page.waitForTimeout(SETTLED_MS);
  const [beforeSeconds, startMs] = [await busySeconds(), performance.now()];
  await page.waitForTimeout(MEASURED_MS);
  return (1_000 * ((await busySeconds()) - beforeSeconds)) / (performance.now() - startMs);
}

/** All streams move each second: what that costs, whether rows far down are live, and how smoothly they are scrolled to. */
async function manyStreams(browser: Browser): Promise<BenchResult[]> {
  const source = await restlessSource({ streams: MANY, perSecond: 1 });
  try {
    const page = await (await browser.newContext({ viewport: { width: 1_280, height: 900 } })).newPage();
    await page.goto(`${source.url}/#/streams`);
    await page.locator('.long tbody tr:not(.space)').first().waitFor();
    const frames = (await page.evaluate<number[]>(SCROLL)).sort((a, b) => a - b);
    // Those that ask least are never among the ones that are told of.
    const ages: number[] = [];
    for (let i = 0; i < MANY_LOOKS; i++) {
      await page.waitForTimeout(1_000);
      const stock = await page.locator('.long tbody tr:not(.space)').last().locator('td').nth(2).textContent();
      ages.push((source.tick() - Number((stock ?? '').replaceAll(',', ''))) * 1_000);
    }
    const share = await coreShare(page);
    await page.context().close();
    return [
      {
        ...shareResult('streams', share),
        name: 'dashboard-many',
        unit: `of a core of the browser, ${MANY} streams once a second, #/streams`,
      },
      manyResult('dashboard-age', Math.max(...ages), AGE_MS_MAX, `ms that the last row of ${MANY} in sight is old at most`),
      manyResult(
        'dashboard-scroll',
        frames[Math.floor(0.95 * frames.length)] ?? Number.NaN,
        FRAME_MS_MAX,
        `ms a frame, 95 % of them, scrolling ${MANY} rows`,
      ),
    ];
  } finally {
    source.close();
  }
}

const MANY_LOOKS = 5;
/** From the first row to the last one in two seconds. */
const SCROLL = `new Promise((resolve) => {
  const frame = document.querySelector('.long');
  const frames = [];
  const beganMs = performance.now();
  let lastMs = beganMs;
  const step = () => {
    const nowMs = performance.now();
    frames.push(nowMs - lastMs);
    lastMs = nowMs;
    const share = Math.min(1, (nowMs - beganMs) / 2000);
    frame.scrollTop = share * (frame.scrollHeight - frame.clientHeight);
    if (share < 1) requestAnimationFrame(step);
    else requestAnimationFrame(() => resolve(frames));
  };
  requestAnimationFrame(step);
})`;

function manyResult(name: string, value: number, limit: number, unit: string): BenchResult {
  return { name, value, unit, baseline: limit, ratio: value / limit, target: `<= ${limit} ms`, kept: value <= limit };
}

interface Source {
  readonly url: string;
  tick(): number;
  close(): void;
}

/** Serves the built page, and events in which every stream moves, as often as they are promised to be followed. */
async function restlessSource({ streams, perSecond }: { readonly streams: number; readonly perSecond: number }): Promise<Source> {
  const listeners = new Set<ServerResponse>();
  let tick = 0;
  const server = createServer((request, response) => {
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (path === '/v1/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      listeners.add(response);
      response.once('close', () => listeners.delete(response));
      return;
    }
    if (path.startsWith('/v1/')) {
      const only = searchParams
        .get('only')
        ?.split(',')
        .map((stream) => Number(stream.slice(NAME.length)));
      const listed = only ?? Array.from({ length: streams }, (_, index) => index);
      const body = path === '/v1/streams' ? { streams: rows(tick, listed) } : path === '/v1/status' ? STATUS : undefined;
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}));
      return;
    }
    const file = path === '/' ? 'index.html' : path.slice(1);
    response.writeHead(200, { 'content-type': TYPES[file.slice(file.lastIndexOf('.') + 1)] ?? 'text/plain' });
    response.end(readFileSync(new URL(file, BUILT)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const busiest = Array.from({ length: Math.min(streams, TOLD_MAX) }, (_, index) => streams - 1 - index);
  const timer = setInterval(() => {
    tick++;
    const event = {
      kind: 'streams',
      atMs: Date.now(),
      streams: rows(tick, busiest),
      isCut: streams > TOLD_MAX,
      totals: totals(tick, streams),
    };
    const text = `id: ${tick}\nevent: streams\ndata: ${JSON.stringify(event)}\n\n`;
    for (const listener of listeners) listener.write(text);
  }, 1_000 / perSecond);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tick: () => tick,
    close() {
      clearInterval(timer);
      server.closeAllConnections();
      server.close();
    },
  };
}

const STATUS = { version: '0.0.0', state: 'serving', dataDir: '', startedAtMs: 0, nowMs: 1, sequences: 1, warnings: [] };

const NAME = 'orders/web/service-';

function rows(tick: number, indices: readonly number[]): object[] {
  return indices.map((index) => ({
    stream: `${NAME}${index}`,
    pool: 'pool-0',
    demandPerSecond: 10 * index + (tick % 17),
    forecastMedian: 5 * index,
    forecastUpper: 9 * index,
    // The age of a row that is shown is read off it.
    stock: index < TOLD_MAX / 2 ? tick : 10_000 + ((tick * (index + 1)) % 5_000),
    waiting: 0,
    reorderPoint: 4_000,
    orderUpTo: 16_000,
    leadTimeMs: 250,
    requestsTotal: tick * index,
    stallsTotal: 0,
    issuedTotal: tick * index * 7,
    allocationsTotal: Math.floor(tick / 60),
    returnedTotal: 0,
  }));
}

function totals(tick: number, streams: number): object {
  return { streams, stock: 1_000_000, issued: tick * 35_000, requests: tick * 5_000, stalls: 0 };
}

function paintResult(paintMs: number): BenchResult {
  return {
    name: 'dashboard-paint',
    value: paintMs,
    unit: 'ms to the first paint of content, nothing kept from before',
    baseline: PAINT_MS_MAX,
    ratio: paintMs / PAINT_MS_MAX,
    target: '<= 1 s',
    kept: paintMs <= PAINT_MS_MAX,
  };
}

function sizeResult(): BenchResult {
  const folder = new URL('assets/', BUILT);
  const files = readdirSync(folder).filter((name) => name.endsWith('.gz'));
  const bytes = files.reduce((sum, name) => sum + statSync(new URL(name, folder)).size, 0);
  const kbytes = bytes / 1_024;
  return {
    name: 'dashboard-size',
    value: kbytes,
    unit: 'KB with gzip, all views',
    baseline: KBYTES_MAX,
    ratio: kbytes / KBYTES_MAX,
    target: '<= 80 KB',
    kept: kbytes <= KBYTES_MAX,
  };
}

function shareResult(view: string, share: number): BenchResult {
  return {
    name: 'dashboard-core',
    value: share,
    unit: `of a core of the browser, ${STREAMS} streams ${UPDATES_PER_SECOND} times a second, #/${view}`,
    baseline: CORE_SHARE_MAX,
    ratio: share / CORE_SHARE_MAX,
    target: '<= 20 %',
    kept: share <= CORE_SHARE_MAX,
    note: "the page's own thread; drawing to the screen not counted",
  };
}
