/** `init` and `doctor`: before there is a server. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configTemplate } from '../../cli/config-template.ts';
import { loadConfig } from '../../workers/runtime/config.ts';
import { CONFIG_OPTIONS } from '../../workers/runtime/config-schema.ts';
import { run } from './commands.ts';

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-setup-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

describe('seqcast init', () => {
  it('writes every setting, commented out', async () => {
    const file = join(scratch(), 'seqcast.config.yaml');
    expect(await run(['init', file])).toMatchObject({ code: 0, out: `wrote ${file}\n` });
    const text = readFileSync(file, 'utf8');
    expect(text).toBe(configTemplate());
    for (const { key } of CONFIG_OPTIONS) expect(text).toContain(`\n#${key}:`);
    expect(await loadConfig({ env: {}, file })).toMatchObject({ port: 7070 });
  });

  it('writes settings that hold when the comment is taken away', async () => {
    const file = join(scratch(), 'seqcast.config.yaml');
    writeFileSync(file, configTemplate().replaceAll(/^#(\w+: .+)$/gm, '$1'));
    expect(await loadConfig({ env: {}, file })).toEqual(await loadConfig({ env: {}, directory: scratch() }));
  });

  it('leaves a file that exists alone, unless told otherwise', async () => {
    const file = join(scratch(), 'seqcast.config.yaml');
    writeFileSync(file, 'port: 1\n');
    expect((await run(['init', file])).code).toBe(2);
    expect(readFileSync(file, 'utf8')).toBe('port: 1\n');
    expect((await run(['init', file, '--force'])).code).toBe(0);
  });
});

describe('seqcast doctor', () => {
  it('finds a taken port and says what to do', async () => {
    const directory = scratch();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const port = String((server.address() as AddressInfo).port);
    const { code, out } = await run(['doctor', '--data-dir', join(directory, 'deep', 'data'), '--port', port, '--json']);
    expect(code).toBe(1);
    const { checks } = JSON.parse(out) as { checks: readonly { ok: boolean; what: string; whatToDo?: string }[] };
    expect(checks[0]).toMatchObject({ ok: true, what: `Node ${process.versions.node}` });
    expect(checks[2]).toMatchObject({ ok: true });
    expect(checks[3]).toMatchObject({ ok: false, whatToDo: 'Choose another --port, or stop what listens there.' });
  });

  it('finds a file where the directory should be', async () => {
    const file = join(scratch(), 'file');
    writeFileSync(file, '');
    expect((await run(['doctor', '--data-dir', file, '--port', '0'])).out).toMatch(/^BAD {2}data directory .* is not a directory$/m);
  });
});
