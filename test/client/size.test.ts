/** What installing and importing the client costs: little, and nothing of it grows unseen. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { packedClient } from '../../bench/packed-client.ts';

const CLIENT = join(import.meta.dirname, '../../client');
const PACKED_BYTES_MAX = 60 * 1_024;

test('the packed client stays below 60 KB', async () => {
  const { bytes, files } = await packedClient();
  expect(bytes).toBeLessThan(PACKED_BYTES_MAX);
  expect(files).toEqual(expect.arrayContaining(['README.md', 'dist/index.js', 'dist/index.d.ts', 'dist/redis.js', 'dist/kafka.js']));
  expect(files.filter((file) => /[.](map|tsbuildinfo)$|(?<![.]d)[.]ts$/.test(file))).toEqual([]);
});

test('importing it loads nothing but itself and parts of Node', () => {
  const seen = new Set<string>();
  const outside = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(join(CLIENT, 'dist', file), 'utf8');
    for (const [, asked = ''] of text.matchAll(/^(?:import|export)\b[^;]*?from ['"]([^'"]+)['"]/gm)) {
      if (asked.startsWith('.')) visit(posix.join(posix.dirname(file), asked));
      else outside.add(asked);
    }
  };
  visit('index.js');
  expect(seen.size).toBeGreaterThan(10);
  expect([...outside].filter((name) => !name.startsWith('node:'))).toEqual([]);
  // What Redis and Kafka need is imported when somebody connects there.
  for (const lazy of ['redis.js', 'kafka.js']) expect(seen.has(lazy)).toBe(false);
});

test('without ioredis and kafkajs it says what to install, and HTTP needs neither', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-alone-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  cpSync(join(CLIENT, 'dist'), join(directory, 'dist'), { recursive: true });
  cpSync(join(CLIENT, 'package.json'), join(directory, 'package.json'));
  const program = `
    import { connect } from './dist/index.js';
    for (const address of ['redis://127.0.0.1:1', 'kafka://127.0.0.1:1', 'http://127.0.0.1:1']) {
      const { code, whatToDo } = await connect(address, { timeoutMs: 50 }).catch((error) => error);
      console.log(code, whatToDo);
    }`;
  writeFileSync(join(directory, 'program.mjs'), program);
  const { stdout } = await promisify(execFile)(process.execPath, ['program.mjs'], { cwd: directory });
  expect(stdout.trim().split('\n')).toEqual([
    'SEQ_UNSUPPORTED Install it beside seqcast-client: npm install ioredis',
    'SEQ_UNSUPPORTED Install it beside seqcast-client: npm install kafkajs',
    expect.stringMatching(/^SEQ_UNREACHABLE Start one/),
  ]);
});
