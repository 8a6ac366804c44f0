/** The warehouse example on fewer rows: generated, stamped and verified as its README says. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const ROWS = 200_000;

test('the warehouse example stamps every row of a Parquet file with a value of its own', { timeout: 120_000 }, async () => {
  const [, script = ''] = /```sh\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'examples/warehouse/README.md'), 'utf8')) ?? [];
  const command = script.trim().split('\n').at(-1) ?? '';
  const { stdout } = await promisify(execFile)('sh', ['-c', `${command} ${ROWS}`], { cwd: ROOT });
  expect(stdout).toContain(`${ROWS} rows, ${ROWS} with an id, ${ROWS} different ids, 1 to ${ROWS}: complete\n`);
});
