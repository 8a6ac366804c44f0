/** The page of a backtest in a real browser: everything is drawn, nothing is fetched, nothing spills over, on a desk and on a phone. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const REQUIRED = process.env.SEQCAST_REQUIRE_STACK === '1';

function chromiumPath(): string | undefined {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    } catch {
      // The next name.
    }
  }
  return undefined;
}

const executablePath = chromiumPath();
let browser: Browser | undefined;
let directory = '';

beforeAll(async () => {
  if (executablePath === undefined) return;
  directory = mkdtempSync(join(tmpdir(), 'seqcast-'));
  const html = join(directory, 'report.html');
  const args = ['backtest', '--from', 'trace:batch', '--lead-time', '500ms', '--ride-through', '0,5m', '--against', 'leaf,tuned-sq'];
  execFileSync(process.execPath, [MAIN, ...args, '--html', html], { stdio: 'ignore' });
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});

afterAll(async () => {
  await browser?.close();
  if (directory !== '') rmSync(directory, { recursive: true, force: true });
});

test('a browser is there where CI requires the stack', () => {
  if (REQUIRED) expect(executablePath, 'install chromium').toBeDefined();
});

test.skipIf(executablePath === undefined).each([
  ['a desk', 1_200],
  ['a phone', 390],
])('the report is whole on %s', async (_, width) => {
  const page = await (browser as Browser).newPage({ viewport: { width, height: 800 } });
  const asked: string[] = [];
  const errors: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => (message.type() === 'error' ? errors.push(message.text()) : undefined));
  const address = pathToFileURL(join(directory, 'report.html')).href;
  await page.goto(address);
  expect(asked).toEqual([address]);
  expect(errors).toEqual([]);
  const drawn = await page.locator('figure svg').evaluateAll((all) => all.map((svg) => svg.getBoundingClientRect().width));
  // Two fronts for each ride-through, stock and worst hour of two policies, calibration, weights.
  expect(drawn.length).toBeGreaterThanOrEqual(10);
  for (const own of drawn) {
    expect(own).toBeGreaterThan(100);
    expect(own).toBeLessThanOrEqual(width);
  }
  const spills = await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  expect(spills).toBe(0);
  expect(await page.locator('h2').allTextContents()).toEqual(expect.arrayContaining(['In short', 'Leaderboard', 'Advice']));
  await page.close();
});
