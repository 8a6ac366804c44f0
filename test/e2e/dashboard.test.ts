/** The dashboard in a real browser over a real server: it follows what happens, by mouse or keyboard, on a desk and on a phone. */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { executablePath, launched, watchedPage } from './browser.ts';
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
    const listed = async () => ((await (await fetch(`${url}/v1/streams`)).json()) as { streams: object[] }).streams;
    await expect.poll(async () => (await listed()).length).toBeGreaterThan(0);
    const [one] = await listed();
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
    for (const [name, given] of Object.entries(answers)) {
      expect(fieldsOf(name).length, name).toBeGreaterThan(3);
      expect(Object.keys(given as object), name).toEqual(expect.arrayContaining(fieldsOf(name)));
    }
  });
});

/** Fields that an answer must have, by what the dashboard declares of it. */
function fieldsOf(name: string): string[] {
  const source = readFileSync('web/src/api/answers.ts', 'utf8');
  const [, body = ''] = new RegExp(`export interface ${name} \\{\\n([\\s\\S]*?)\\n\\}`).exec(source) ?? [];
  return [...body.matchAll(/^ {2}readonly (\w+):/gm)].map(([, field]) => field as string);
}

/** Scrolls through the whole table in a second and a half, and tells how long each frame took. */
const SCROLL = `new Promise((resolve) => {
  const frame = document.querySelector('.long');
  const [frames, beginMs] = [[], performance.now()];
  let lastMs = beginMs;
  const step = () => {
    const nowMs = performance.now();
    frames.push(nowMs - lastMs);
    lastMs = nowMs;
    const share = Math.min(1, (nowMs - beginMs) / 1500);
    frame.scrollTop = share * (frame.scrollHeight - frame.clientHeight);
    if (share < 1) requestAnimationFrame(step);
    else requestAnimationFrame(() => requestAnimationFrame(() => resolve(frames)));
  };
  requestAnimationFrame(step);
})`;

/** What can be reached or is a part of its own, and has no name. */
const NAMELESS = `[...document.querySelectorAll('a, button, input, section, nav, [role=img], [tabindex="0"]')]
  .filter((each) => !each.ariaLabel && !each.hasAttribute('aria-labelledby') && !each.labels?.length && !each.textContent.trim())
  .map((each) => each.outerHTML.slice(0, 80))`;

/** Texts with less contrast to what is behind them than WCAG AA wants of small ones. */
const CONTRASTS = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4).reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => { for (let each = element; each; each = each.parentElement) { const colour = rgb(getComputedStyle(each).backgroundColor); if (colour[3] === 255) return colour; } return [255, 255, 255]; };
  return [...document.querySelectorAll('h1, h2, p, a, b, dt, dd, th, td, li, button, small')].filter((element) => element.textContent.trim() !== '' && element.offsetParent).flatMap((element) => {
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    return ratio < 4.5 ? [element.className + ' ' + element.textContent.slice(0, 20) + ' ' + ratio.toFixed(2)] : [];
  });
})()`;
