/** The dashboard in a real browser over a real server: it follows what happens, by mouse or keyboard, on a desk and on a phone. */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openApiDocument } from '../../workers/gateway/openapi.ts';
import { DayReplay } from '../../workers/runtime/insight/day-replay.ts';
import { executablePath, launched, watchedPage } from './browser.ts';
import { CONTRASTS, NAMELESS, SCROLL } from './page-looks.ts';
import { post, scratchDirectory, startServer } from './server.ts';

const REQUIRED = process.env.SEQCAST_REQUIRE_STACK === '1';
const VIEWS = ['Streams', 'Pools', 'Masters', 'Models', 'Overview', 'Value space'];
const MANY = 10_000;
const ADMIN_KEY = 'a-secret-of-this-test-alone-0123456789';
/** Far fewer than there are rows, far more than fit a screen. */
const ROWS_DRAWN_MAX = 80;
/** Of one frame while scrolling: a browser without a screen on a busy machine is slow, a table of all rows takes seconds. */
const FRAME_MS_MAX = 250;

let browser: Browser | undefined;
beforeAll(async () => {
  if (executablePath !== undefined) browser = await launched();
});
afterAll(() => browser?.close());

test('a browser is there where CI requires the stack', () => {
  if (REQUIRED) expect(executablePath, 'install chromium').toBeDefined();
});

/** A server whose streams are asked for values, ten times a second, until the test ends. */
async function busyServer(): Promise<string> {
  const { url } = await startServer(scratchDirectory());
  await post(`${url}/v1/sequences`, { name: 'orders' });
  const demand = setInterval(() => {
    for (const service of ['checkout', 'returns']) {
      post(`${url}/v1/sequences/orders/next`, { count: 7, clientType: 'web', service }).catch(() => undefined);
    }
  }, 100);
  onTestFinished(() => clearInterval(demand));
  return url;
}

async function pageOf(url: string, options: Parameters<Browser['newPage']>[0] = {}): ReturnType<typeof watchedPage> {
  const watched = await watchedPage(browser as Browser, { viewport: { width: 1_200, height: 800 }, ...options });
  onTestFinished(() => watched.page.close());
  await watched.page.goto(url);
  return watched;
}

/** Of a busy server, once there are any. */
async function streamsOf(url: string): Promise<object[]> {
  const listed = async () => ((await (await fetch(`${url}/v1/streams`)).json()) as { streams: object[] }).streams;
  await expect.poll(async () => (await listed()).length).toBeGreaterThan(0);
  return await listed();
}

/** An hour of ten values a second, replayed as the server does it. */
function replayedDay(costRatio: number): object {
  const demand = new Float64Array(60).fill(600);
  const reserving = { leadTimeMs: 20, requestSize: 7, rideThroughMs: 0, rideThroughClass: 'expected', targetStallsPpm: 10 } as const;
  const question = { key: '', startMs: 0, warmUpMinutes: 0, demand, peaks: demand.map(() => 20), reserving };
  const { runs, ...day } = new DayReplay().answer({ ...question, costRatios: [1, costRatio] });
  return { stream: '', fromMs: 0, toMs: 3_600_000, leadTimeMs: 20, burnCost: 'none', ...day, now: runs[0], runs: runs.slice(1) };
}

const title = (page: Page) => page.locator('h1').textContent();
const spills = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

describe.skipIf(executablePath === undefined)('the dashboard', () => {
  test('follows a stream from its first request, asks its own server only, and says nothing wrong', async () => {
    const url = await busyServer();
    const { page, errors, asked } = await pageOf(url);
    const totals = page.getByLabel('Totals');
    await expect.poll(() => totals.textContent(), { timeout: 15_000 }).toMatch(/Streams2/);
    await expect.poll(() => totals.textContent(), { timeout: 15_000 }).toMatch(/Values1[0-9]{2} \/s/);
    await page.getByRole('link', { name: 'orders/web/checkout' }).first().click();
    expect(await title(page)).toBe('orders/web/checkout');
    await expect.poll(() => page.locator('.charts canvas').count(), { timeout: 10_000 }).toBe(2);
    await page.locator('.decisions summary').first().click();
    expect(await page.locator('.decisions details[open] p').first().textContent()).toMatch(/values?, because /);
    await page.getByText('The numbers as a table').click();
    const demand = async () => Number((await page.locator('details table tbody tr').first().locator('td').first().textContent()) ?? 0);
    await expect.poll(demand, { timeout: 10_000 }).toBeGreaterThan(30);
    expect(errors).toEqual([]);
    expect(asked.filter((address) => !address.startsWith(url) && !address.startsWith('data:'))).toEqual([]);
  });

  test('is walked by the keyboard alone, and its parts have names', async () => {
    const { page, errors } = await pageOf(await busyServer());
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Tab');
    for (const view of VIEWS) {
      const link = page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: view });
      await link.focus();
      await page.keyboard.press('Enter');
      await expect.poll(() => title(page)).toBe(view);
      await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('main');
      expect(await link.getAttribute('aria-current')).toBe('page');
      expect(await page.evaluate(NAMELESS), view).toEqual([]);
    }
    const tree = await page.locator('body').ariaSnapshot();
    for (const part of ['banner', 'navigation "Views"', 'main', 'heading "Value space" [level=1]', 'status', 'contentinfo'])
      expect(tree).toContain(part);
    await page.getByRole('button', { name: 'Account for every value' }).click();
    await expect.poll(() => page.locator('.tools [role=status]').textContent(), { timeout: 10_000 }).toContain('none was given out twice');
    expect(errors).toEqual([]);
  });

  test('fits a phone, and can be read by day and by night', async () => {
    const url = await busyServer();
    const { page } = await pageOf(url, { viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' });
    for (const address of ['overview', 'streams', 'streams/orders/web/checkout', 'pools', 'masters', 'models', 'values']) {
      await page.goto(`${url}/#/${address}`);
      await page.locator('h1').waitFor();
      expect(await spills(page), address).toBe(0);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await page.evaluate(CONTRASTS), `${address}, ${colorScheme}`).toEqual([]);
      }
    }
  });

  test(`scrolls, sorts and searches ${MANY} streams with few of them drawn`, async () => {
    const url = await busyServer();
    const [one] = await streamsOf(url);
    const all = Array.from({ length: MANY }, (_, index) => ({ ...one, stream: `orders/web/service-${index}`, demandPerSecond: index }));
    const watched = await watchedPage(browser as Browser, { viewport: { width: 1_200, height: 800 } });
    const { page, errors } = watched;
    onTestFinished(() => page.close());
    await page.route('**/v1/streams', (route) => route.fulfill({ json: { streams: all } }));
    await page.goto(`${url}/#/streams`);
    const rows = page.locator('.long tbody tr:not(.space)');
    await expect.poll(() => rows.first().textContent(), { timeout: 10_000 }).toContain(`service-${MANY - 1}`);
    const frames = (await page.evaluate(SCROLL)) as number[];
    expect(frames.length).toBeGreaterThan(20);
    expect(frames.sort((a, b) => a - b)[Math.floor(frames.length * 0.9)]).toBeLessThan(FRAME_MS_MAX);
    expect(await rows.count()).toBeLessThan(ROWS_DRAWN_MAX);
    expect(await rows.last().textContent()).toContain('orders/web/');
    await page.getByRole('button', { name: 'Stream', exact: true }).click();
    await page.getByRole('searchbox').fill('service-4242');
    await expect.poll(() => rows.count()).toBe(1);
    expect(errors).toEqual([]);
  });

  test('keeps the rows in sight fresh, however few of all streams it is told of', async () => {
    const url = await busyServer();
    const { page, errors } = await watchedPage(browser as Browser, { viewport: { width: 1_200, height: 800 } });
    onTestFinished(() => page.close());
    const [shape] = await streamsOf(url);
    const row = (stream: string, stock: number) => ({ ...shape, stream, stock, demandPerSecond: 1 });
    const all = Array.from({ length: 300 }, (_, index) => row(`orders/web/service-${String(index).padStart(3, '0')}`, 1));
    const asked: string[][] = [];
    let looks = 0;
    await page.route(/\/v1\/streams(\?.*)?$/, (route) => {
      const only = new URL(route.request().url()).searchParams.get('only')?.split(',');
      if (only !== undefined) asked.push(only);
      return route.fulfill({ json: { streams: only === undefined ? all : only.map((stream) => row(stream, 1_000 + asked.length)) } });
    });
    // An answer that ends is asked for again behind its last event: each is one more look.
    await page.route('**/v1/events', (route) => {
      const totals = { streams: all.length, stock: 1, issued: ++looks, requests: looks, stalls: 0 };
      const look = { kind: 'streams', atMs: 1_000 * looks, streams: all.slice(200), isCut: true, totals };
      return route.fulfill({ contentType: 'text/event-stream', body: `id: ${looks}\nevent: streams\ndata: ${JSON.stringify(look)}\n\n` });
    });
    await page.goto(`${url}/#/streams`);
    const first = page.locator('.long tbody tr:not(.space)').first();
    await expect.poll(() => first.textContent(), { timeout: 15_000 }).toMatch(/service-000.*1,00\d/);
    expect(asked.at(-1)).toContain('orders/web/service-000');
    // Neither what was told of, nor what is out of sight.
    expect(asked.flat().filter((stream) => stream >= 'orders/web/service-100')).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('replays the day where its slider comes to rest, by keyboard too, and says how to apply it', async () => {
    const url = await busyServer();
    await streamsOf(url);
    const { page } = await pageOf(url, { viewport: { width: 390, height: 844 } });
    await page.goto(`${url}/#/streams/orders/web/checkout`);
    const slider = page.getByRole('slider', { name: 'An idle value costs' });
    // In earnest: a stream that has just begun has no day.
    await slider.press('ArrowRight');
    expect(await slider.getAttribute('aria-valuetext')).toBe('1.41 ×');
    const section = page.locator('section[aria-labelledby=what-if-title]');
    await expect.poll(() => section.getByRole('alert').textContent(), { timeout: 10_000 }).toMatch(/at least 5 are needed/);
    const asked: string[] = [];
    await page.route('**/what-if?*', async (route) => {
      const ratio = Number(new URL(route.request().url()).searchParams.get('costRatio'));
      asked.push(String(ratio));
      if (asked.length === 1) return route.fulfill({ status: 429, json: { detail: 'another day is replayed' } });
      return route.fulfill({ json: replayedDay(ratio) });
    });
    for (let i = 0; i < 7; i++) await slider.press('ArrowRight');
    await expect.poll(() => section.locator('canvas').count(), { timeout: 15_000 }).toBe(1);
    // Seven steps, one question, and the same again because the gateway was busy.
    expect(asked).toEqual(['16', '16']);
    expect(await section.getByRole('definition').first().textContent()).toMatch(/^[\d,]+now [\d,]+, −\d+ %$/);
    expect(await section.textContent()).toContain('seqcast alter orders --burn-cost low');
    expect(await page.evaluate(NAMELESS)).toEqual([]);
    expect(await spills(page)).toBe(0);
    await section.getByRole('button', { name: 'none' }).click();
    await expect.poll(() => section.textContent(), { timeout: 10_000 }).toContain('burnCost: none, and so it is');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await page.evaluate(CONTRASTS), colorScheme).toEqual([]);
    }
  });

  test('asks for a key where the gateway wants one, and for another where that one is wrong', async () => {
    const { url } = await startServer(scratchDirectory(), '--require-keys', '--admin-key', ADMIN_KEY);
    const { page } = await pageOf(url);
    const key = page.getByLabel('Key');
    for (const given of ['not-the-key', ADMIN_KEY]) {
      await key.fill(given);
      const refused = page.waitForResponse((answer) => answer.status() === (given === ADMIN_KEY ? 200 : 401));
      await page.keyboard.press('Enter');
      await refused;
    }
    await expect.poll(() => title(page)).toBe('Overview');
    await expect.poll(() => page.getByLabel('Totals').textContent(), { timeout: 10_000 }).toMatch(/Streams0/);
    expect(page.url()).not.toContain(ADMIN_KEY);
  });

  test('names the fields of answers as the server does', async () => {
    const url = await busyServer();
    await expect.poll(async () => (await fetch(`${url}/v1/streams/orders/web/checkout/explain`)).status, { timeout: 10_000 }).toBe(200);
    const answer = async (path: string, method = 'GET') =>
      (await (await fetch(`${url}/v1/${path}`, { method })).json()) as Record<string, never[]>;
    await fetch(`${url}/v1/events`).then((events) => events.body?.cancel());
    await expect.poll(async () => (await fetch(`${url}/v1/streams/orders/web/checkout/past`)).status, { timeout: 10_000 }).toBe(200);
    const explained = await answer('streams/orders/web/checkout/explain');
    const audit = await answer('audit', 'POST');
    const answers: Record<string, unknown> = {
      Status: await answer('status'),
      StreamStatus: (await answer('streams')).streams?.[0],
      StreamPast: await answer('streams/orders/web/checkout/past'),
      Explanation: explained,
      Decision: explained.decisions?.[0],
      Sequence: (await answer('sequences')).sequences?.[0],
      Pool: (await answer('pools')).pools?.[0],
      Member: (await answer('members')).members?.[0],
      Audit: audit,
      AuditAccount: audit.accounts?.[0],
    };
    // The server's own days are too short for a replay here: it answers as its document says.
    const replay = schemaOf('/v1/streams/{sequence}/{clientType}/{service}/what-if');
    const { now } = replay.properties;
    for (const name of fieldsOf('WhatIf')) expect(replay.required).toContain(name);
    for (const name of fieldsOf('WhatIfRun')) expect(now?.required).toContain(name);
    for (const [name, given] of Object.entries(answers)) {
      expect(fieldsOf(name).length, name).toBeGreaterThan(3);
      expect(Object.keys(given as object), name).toEqual(expect.arrayContaining(fieldsOf(name)));
    }
  });
});

interface Schema {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, Schema>>;
}

function schemaOf(path: string): Schema {
  const { paths } = openApiDocument('0') as { paths: Record<string, { get: { responses: Record<string, { content: object }> } }> };
  return Object.values(paths[path]?.get.responses['200']?.content ?? {})[0]?.schema as Schema;
}

/** Fields that an answer must have, by what the dashboard declares of it. */
function fieldsOf(name: string): string[] {
  const source = readFileSync('web/src/api/answers.ts', 'utf8');
  const [, body = ''] = new RegExp(`export interface ${name} \\{\\n([\\s\\S]*?)\\n\\}`).exec(source) ?? [];
  return [...body.matchAll(/^ {2}readonly (\w+):/gm)].map(([, field]) => field as string);
}
