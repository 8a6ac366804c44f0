/** The four walks of docs/guides/walks.md are run as they stand there, each in an empty directory, and find what they promise. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { recordDemand } from '../e2e/recorded-demand.ts';
import { freshInstallation } from '../release/fresh-installation.ts';
import { emptyDirectory, expectModel, scriptOf, walked } from './walking.ts';

const ROOT = join(import.meta.dirname, '../..');
const TIMEOUT_MS = 150_000;
/** Heading on the page, and the script that is made of its blocks. */
const WALKS = {
  'The application developer': 'developer',
  'The operator': 'operator',
  'The data scientist': 'data-scientist',
  'The auditor': 'auditor',
} as const;

describe('the page of walks', () => {
  const page = readFileSync(join(ROOT, 'docs/guides/walks.md'), 'utf8');

  test.each(Object.entries(WALKS))('%s shows exactly the commands of its script', (heading, walk) => {
    const [, after = ''] = page.split(`\n## ${heading}\n`);
    const [section = ''] = after.split('\n## ');
    const blocks = [...section.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
    expect(blocks.length).toBeGreaterThan(3);
    const script = scriptOf(walk);
    expect(script.slice(script.indexOf('\n\n') + 2)).toBe(blocks.join('\n'));
  });
});

describe('the walk of', () => {
  test('the application developer gives ids and numbers, over a crash, from the packages as they are released', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const installation = freshInstallation();
    onTestFinished(() => installation.remove());
    const said = await walked('developer', installation.directory);
    const orders = [...said.matchAll(/^order (\d+) has invoice (INV-\d+)$/gm)].map(([, id, invoice]) => ({ id: Number(id), invoice }));
    expect(orders.map(({ invoice }) => invoice)).toEqual(['INV-000001', 'INV-000002']);
    expect(orders[0]?.id).toBe(1_000);
    expect(orders[1]?.id).toBeGreaterThan(1_000);
    expect(said).toContain('tickets 1, 2, 3\n');
  });

  test('the data scientist compares rules, trains a model, and puts it into service and out of it', { timeout: TIMEOUT_MS }, async () => {
    const directory = emptyDirectory();
    // A directory of one's own; the night has the walk that makes one.
    await recordDemand(join(directory, 'lab'), ['orders/web/checkout', 'orders/batch/nightly'], 3);
    expectModel(await walked('data-scientist', directory), directory);
  });

  test('the auditor finds who got a value, which numbers are void and why, and no duplicate', { timeout: TIMEOUT_MS }, async () => {
    const said = await walked('auditor', emptyDirectory());
    expect(said.match(/tickets\/web\/checkout/g)?.length).toBeGreaterThanOrEqual(2);
    expect(said).toContain('payment refused');
    expect(said).toContain('0 duplicates in ');
    expect(said).toContain('ok: every claimed value is accounted for');
  });
});
