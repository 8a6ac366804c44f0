/** Every snippet of the README and the guides is run: shell blocks of a page in order in one shell, TypeScript blocks as programs. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, type TestContext, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/**
 * These install the whole project or run for minutes; `.ci/run` runs the first, the demo's own test a shorter second. What is scraped belongs
 * to a server with some calls: the observability guide's own test (test/workers/runtime/observability) has one.
 */
const RUN_ELSEWHERE = [/^npm ci && npm (start|test)$/, /^curl -s \S+\/metrics \| grep \w+$/];

interface Snippet {
  readonly language: string;
  readonly code: string;
}

const pages = ['README.md', ...readdirSync(join(ROOT, 'docs/guides')).map((file) => `docs/guides/${file}`)];

function snippetsOf(page: string): Snippet[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', code = '']) => ({ language, code: code.trim() }));
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** A directory inside the checkout, so that programs find the packages by name as an application would. */
function workshop({ onTestFinished }: TestContext): string {
  const parent = join(ROOT, 'reports');
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, 'snippets-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function run(program: string, directory: string, port: number): Promise<{ code: number; output: string }> {
  const file = join(directory, 'snippet.sh');
  writeFileSync(file, program);
  const seqcast = join(directory, 'seqcast');
  writeFileSync(seqcast, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'dist/cli/main.js')}" "$@"\n`);
  chmodSync(seqcast, 0o755);
  const env = {
    ...process.env,
    PATH: `${directory}:${process.env['PATH'] ?? ''}`,
    SEQCAST_PORT: String(port),
    SEQCAST_URL: `http://127.0.0.1:${port}`,
  };
  return new Promise((resolve) => {
    execFile('sh', ['-e', file], { cwd: directory, env, timeout: 100_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr });
    });
  });
}

/** The page's shell blocks as one program that ends what it started, TypeScript blocks run where they stand. */
function programOf(page: string, directory: string, port: number): string {
  const lines = ['server=', `trap '[ -z "$server" ] || kill "$server"; wait' EXIT`];
  for (const [index, { language, code }] of snippetsOf(page).entries()) {
    const text = code.replaceAll('7070', String(port)).replaceAll('node dist/cli/main.js', 'seqcast');
    if (language === 'ts') {
      const file = join(directory, `snippet-${index}.ts`);
      writeFileSync(file, text);
      lines.push(`"${process.execPath}" --import tsx "${file}"`);
    } else if (language === 'sh' && !RUN_ELSEWHERE.some((pattern) => pattern.test(code))) {
      const commands = text.replace(/^npm run build$/m, '');
      lines.push(commands.replace(/^(seqcast up.*&)$/gm, '$1\nserver=$!\nuntil seqcast status > /dev/null 2>&1; do sleep 0.1; done'));
    }
  }
  return lines.join('\n');
}

describe('the snippets of', () => {
  // They wait for servers that start and for what their page shows: side by side in half the time.
  test.concurrent.for(pages)('%s run as they are written', async (page, context) => {
    const directory = workshop(context);
    const port = await freePort();
    const program = programOf(page, directory, port);
    const { code, output } = await run(program, directory, port);
    expect(output).not.toContain('SEQ_');
    expect(code, output).toBe(0);
  });
});
