/**
 * Takes the pictures of docs/guides/dashboard.md: the demo runs for a while, and a browser looks at it. Needs a build and Chromium.
 * `npx tsx scripts/dashboard-pictures.ts`
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const PORT = 7_099;
const URL = `http://127.0.0.1:${PORT}`;
const FOLDER = 'docs/images';
/** The demo's clock runs fast: in so long its streams have seen a day. */
const DEMO_MS = 25_000;
/** Until a page has heard enough to draw lines, and not points. */
const LOOK_MS = 12_000;
/** The demo leaves an audit little of the processor. */
const AUDIT_MS = 120_000;
const REPLAY_MS = 60_000;
const STREAM = 'streams/nasa-demo/x500/nasa';

interface Picture {
  readonly name: string;
  readonly address: string;
  readonly width: number;
  readonly height: number;
  readonly colorScheme: 'light' | 'dark';
  /** Pressed before the picture is taken. */
  readonly press?: string;
  /** Where the slider is set before. */
  readonly slide?: string;
  /** Only this part of the page. */
  readonly part?: string;
}

const DESK = { width: 1_200, height: 900 } as const;
const PICTURES: readonly Picture[] = [
  { name: 'dashboard-values', address: 'values', colorScheme: 'light', press: '.act', width: 1_200, height: 720 },
  { name: 'dashboard-overview', address: 'overview', colorScheme: 'light', ...DESK },
  { name: 'dashboard-stream', address: STREAM, colorScheme: 'dark', ...DESK },
  {
    name: 'dashboard-what-if',
    address: STREAM,
    colorScheme: 'light',
    slide: '-6',
    part: 'section[aria-labelledby=what-if-title]',
    ...DESK,
  },
  { name: 'dashboard-phone', address: STREAM, colorScheme: 'light', width: 390, height: 844 },
];

async function take(browser: Browser, { name, address, press, slide, part, width, height, colorScheme }: Picture): Promise<void> {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  await page.goto(`${URL}/#/${address}`);
  await page.waitForTimeout(LOOK_MS);
  if (press !== undefined) {
    await page.locator(press).click();
    await page.locator('.tools [role=status]', { hasText: 'read:' }).waitFor({ timeout: AUDIT_MS });
  }
  if (slide !== undefined) {
    await page.getByRole('slider').fill(slide);
    await page.locator('.day canvas').waitFor({ timeout: REPLAY_MS });
  }
  const path = join(FOLDER, `${name}.png`);
  await (part === undefined ? page : page.locator(part)).screenshot({ path });
  await page.close();
  console.log(`${path}: ${Math.ceil(statSync(path).size / 1_024)} KB`);
}

mkdirSync(FOLDER, { recursive: true });
const dataDir = mkdtempSync(join(tmpdir(), 'seqcast-pictures-'));
const demo = spawn(process.execPath, ['dist/cli/main.js', 'up', '--demo', '--data-dir', dataDir, '--port', String(PORT)], {
  stdio: 'ignore',
});
const ended = new Promise((resolve) => demo.once('exit', resolve));
try {
  await new Promise((resolve) => setTimeout(resolve, DEMO_MS));
  const executablePath = execFileSync('sh', ['-c', 'command -v chromium || command -v google-chrome'], { encoding: 'utf8' }).trim();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  for (const picture of PICTURES) await take(browser, picture);
  await browser.close();
} finally {
  demo.kill('SIGTERM');
  await ended;
  rmSync(dataDir, { recursive: true, force: true });
}
