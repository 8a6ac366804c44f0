/** The examples run as their first lines say, and do what they say. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { post, scratchDirectory, startServer } from './server.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function run(example: string, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['--import', 'tsx', `examples/${example}`, ...args], { cwd: ROOT }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(stderr));
    });
  });
}

describe('the examples', () => {
  test('invoice-numbers gives each order one invoice, in this run and the next', async () => {
    const dataDir = scratchDirectory();
    const first = await run('invoice-numbers.ts', dataDir);
    expect(first).toBe('order A-17 gets invoice 20260001\norder A-18 gets invoice 20260002\norder A-17 gets invoice 20260001\n');
    expect(await run('invoice-numbers.ts', dataDir)).toBe(first);
  });

  test('event-ids takes fifty thousand different ids from a server', async () => {
    const server = await startServer(scratchDirectory());
    await post(`${server.url}/v1/sequences`, { name: 'event-ids' });
    expect(await run('event-ids.ts', server.url)).toMatch(/^50000 different ids of \d+ fetched, by now in blocks of \d+\n$/);
  });
});
