/** Programs that a guide shows, run where they find the packages as an application would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The JavaScript blocks of a guide, in their order. */
export function programsOf(guide: string): string[] {
  const text = readFileSync(join(ROOT, 'docs/guides', guide), 'utf8');
  return [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
}

export interface RunningProgram {
  readonly process: ChildProcess;
  /** Resolves with the exit code and what it said when it has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
}

/** Starts it; it is gone when the test has ended. */
export function startProgram(code: string, env: Readonly<Record<string, string>> = {}): RunningProgram {
  mkdirSync(join(ROOT, 'reports'), { recursive: true });
  const directory = mkdtempSync(join(ROOT, 'reports', 'guide-'));
  const file = join(directory, 'program.mjs');
  writeFileSync(file, code);
  const child = spawn(process.execPath, [file], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk);
    });
  }
  const ended = new Promise<{ readonly code: number | null; readonly output: string }>((resolve) => {
    child.once('exit', (exitCode) => resolve({ code: exitCode, output }));
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });
  return { process: child, ended };
}
