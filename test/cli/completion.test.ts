/** The completion scripts, in the shells themselves: bash is everywhere, the others are tried where they are installed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from './commands.ts';

const directory = mkdtempSync(join(tmpdir(), 'seqcast-completion-'));
mkdirSync(join(directory, 'data dir'));
writeFileSync(join(directory, 'demand of may.csv'), '');
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function script(shell: string): Promise<string> {
  const { code, out } = await run(['completion', shell]);
  expect(code).toBe(0);
  const file = join(directory, `seqcast.${shell}`);
  writeFileSync(file, out);
  return file;
}

/** What bash offers for the last word; one process answers all questions. */
function completions(file: string, lines: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const questions = lines.map((words) => {
    const list = words.map((word) => `'${word}'`).join(' ');
    return `COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _seqcast; printf '%s\\t' "\${COMPREPLY[@]}"; echo`;
  });
  const text = execFileSync('bash', ['--norc', '-c', `source '${file}'; complete -p seqcast >&2; ${questions.join('\n')}`], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t').filter((word) => word !== ''));
}

describe('seqcast completion', () => {
  it('completes commands, options and their values in bash', async () => {
    const [commands, beginning, drain, order, choices, glued, files, directories, fallback, shells] = completions(await script('bash'), [
      ['seqcast', ''],
      ['seqcast', 'au'],
      ['seqcast', 'pools', 'd'],
      ['seqcast', 'create', 'orders', '--or'],
      ['seqcast', 'usage', 'orders', '--by', 's'],
      ['seqcast', 'usage', '--by', '=', 'h'],
      ['seqcast', 'backtest', '--out', 'dem'],
      ['seqcast', 'up', '--data-dir', 'd'],
      ['seqcast', 'announce', 'orders', '--ra'],
      ['seqcast', 'completion', ''],
    ]);
    expect(commands).toEqual(expect.arrayContaining(['up', 'create', 'next', 'doctor', 'completion']));
    expect(beginning).toEqual(['audit', 'audit-log']);
    expect(drain).toEqual(['drain']);
    expect(order).toEqual(['--order']);
    expect(choices).toEqual(['service', 'stream', 'sequence']);
    expect(glued).toEqual(['hour']);
    expect(files).toEqual(['demand of may.csv']);
    expect(directories).toEqual(['data dir']);
    expect(fallback).toEqual(['--rate']);
    expect(shells).toEqual(['bash', 'zsh', 'fish']);
  });

  it('offers nothing where only the caller knows what comes', async () => {
    const [count, options] = completions(await script('bash'), [
      ['seqcast', 'next', 'orders', '-n', ''],
      ['seqcast', 'list', ''],
    ]);
    expect(count).toEqual([]);
    expect(options).toEqual(['--url', '--api-key', '--json', '--help']);
  });

  it.each(['zsh', 'fish'])('writes what %s reads, where it is installed, and names every command', async (shell) => {
    const file = await script(shell);
    const { out } = await run(['completion', shell]);
    for (const name of ['create', 'forecast-error', 'drain', 'completion']) expect(out).toContain(name);
    const { error, status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    if (error === undefined) expect([status, stderr]).toEqual([0, '']);
  });

  it('knows no other shell', async () => {
    expect(await run(['completion', 'tcsh'])).toMatchObject({ code: 2, err: expect.stringContaining('bash, zsh, fish') as string });
  });
});
