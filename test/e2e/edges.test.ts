/** What goes wrong at the edges of a process: each gives one clear error with a code, and nothing is left half alive. */
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratchDirectory, seqcast, startServer } from './server.ts';

function up(dataDir: string, ...flags: string[]) {
  return seqcast('up', '--data-dir', dataDir, '--port', '0', '--json', ...flags);
}

describe('seqcast up', () => {
  test('on a data directory in use says who owns it', async () => {
    const dataDir = scratchDirectory();
    const owner = await startServer(dataDir);
    const { code, stderr, stdout } = await up(dataDir);
    expect(code).not.toBe(0);
    expect(stderr + stdout).toContain('SEQ_DATA_DIR_IN_USE');
    expect(stderr + stdout).toContain(String(owner.process.pid));
  });

  test('after the owner was killed takes the directory over at once', async () => {
    const dataDir = scratchDirectory();
    await (await startServer(dataDir)).end('SIGKILL');
    await startServer(dataDir);
  });

  test('on a truncated file refuses, and changes nothing', async () => {
    const dataDir = scratchDirectory();
    const server = await startServer(dataDir);
    await fetch(`${server.url}/v1/sequences`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"orders"}',
    });
    await server.end('SIGTERM');
    truncateSync(join(dataDir, 'seqcast.db'), 4_096);
    const { code, stderr, stdout } = await up(dataDir);
    expect(code).not.toBe(0);
    expect(stderr + stdout).toContain('SEQ_DATA_CORRUPT');
  });

  test('on a file where the directory should be says so', async () => {
    const file = join(scratchDirectory(), 'file');
    writeFileSync(file, 'not a directory');
    const { code, stderr, stdout } = await up(file);
    expect(code).not.toBe(0);
    expect(stderr + stdout).toContain('SEQ_DATA_DIR_UNUSABLE');
  });

  test('on a taken port says so', async () => {
    const server = await startServer(scratchDirectory());
    const port = new URL(server.url).port;
    const { code, stderr, stdout } = await seqcast('up', '--data-dir', scratchDirectory(), '--port', port, '--json');
    expect(code).not.toBe(0);
    expect(stderr + stdout).toContain('SEQ_PORT_IN_USE');
  });

  test('with several wrong flags lists them all', async () => {
    const { code, stderr, stdout } = await seqcast('up', '--port', '99999', '--log-level', 'loud', '--json');
    expect(code).not.toBe(0);
    expect(stderr + stdout).toContain('SEQ_CONFIG_INVALID');
    expect(stderr + stdout).toContain('--port');
    expect(stderr + stdout).toContain('--log-level');
  });
});

describe('a command that talks to a server', () => {
  test('says what to do when none answers', async () => {
    const { code, stderr } = await seqcast('list', '--url', 'http://127.0.0.1:9');
    expect(code).toBe(3);
    expect(stderr).toContain('SEQ_UNREACHABLE');
    expect(stderr).toContain('seqcast up');
  });
});
