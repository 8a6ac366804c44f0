/** The invoicing example, run as its README says: real processes, a real PostgreSQL, `kill -9`, and at the end 1 to n without a gap. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { engineOrSkip } from '../engines/engines.ts';

const postgres = engineOrSkip('postgres');
const ROOT = join(import.meta.dirname, '../..');

describe.skipIf(!postgres.available)('the invoicing example (needs PostgreSQL)', () => {
  test('ends with numbers from 1 to n in both branches and years, and explains each that was used again', {
    timeout: 180_000,
  }, async () => {
    const [, script = ''] = /```sh\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'examples/invoices/README.md'), 'utf8')) ?? [];
    const commands = script.trim().split('\n');
    expect(commands).toHaveLength(3);
    // The first two are what the set-up of this run has done.
    const { code, output } = await run(commands.at(-1) ?? '');
    expect(code, output).toBe(0);
    const series = [...output.matchAll(/^(berlin|munich): (\d+) invoices, (INV-(?:M-)?(\d{4})-000001) to (\S+), without a gap$/gm)];
    expect(series.map(([, branch, , , year]) => `${branch} ${year}`)).toHaveLength(4);
    expect(new Set(series.map(([, branch, , , year]) => `${branch} ${year}`)).size).toBe(4);
    for (const [, , count, , , last = ''] of series) expect(Number(last.slice(-6))).toBe(Number(count));
    // A number that was withdrawn or ran out, and who has it now; one that a ROLLBACK took back, and who has it now.
    expect(output).toMatch(
      /INV-\S+: order \S+ (cancelled \(the customer changed his mind\)|expired \(not confirmed in time\)), then order \S+/,
    );
    expect(output).toMatch(/INV-\S+: order \S+ rolled back \(.+\), order \S+ has it/);
    const [, answered, written, rolledBack] = /(\d+) invoices were answered and (\d+) are in the table; (\d+) orders/.exec(output) ?? [];
    expect(answered).toBe(written);
    expect(Number(rolledBack)).toBeGreaterThan(0);
    expect(output).toContain('the service killed 3 times');
  });
});

function run(command: string): Promise<{ readonly code: number; readonly output: string }> {
  const env = { ...process.env, SEQCAST_POSTGRES: postgres.url };
  return new Promise((resolve) => {
    execFile('sh', ['-c', command], { cwd: ROOT, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr });
    });
  });
}
