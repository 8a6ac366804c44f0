/**
 * Runs every check that needs no test run, or those that are named, and all of them even when one fails, so that one run shows everything there is to
 * mend. Everything is built first, because the root package reads the client's declarations, and the examples those of both.
 */
import { spawn } from 'node:child_process';

const CHECKS = ['lint', 'types', 'promises', 'imports', 'dead-code'];
/** More at once would only wait for each other on a small machine. */
const AT_ONCE = 2;

interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

function run(command: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}

async function report(name: string, command: string, args: readonly string[]): Promise<boolean> {
  const startedMs = performance.now();
  const { ok, output } = await run(command, args);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (!ok) console.log(output.trimEnd());
  return ok;
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !CHECKS.includes(name));
if (unknown.length > 0) {
  console.error(`there is no check ${unknown.join(', ')}; there are ${CHECKS.join(', ')}`);
  process.exit(2);
}
const waiting = asked.length > 0 ? asked : [...CHECKS];
let failed = !(await report('build', 'npm', ['run', '--silent', 'build']));
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      if (!(await report(name, 'npm', ['run', '--silent', name]))) failed = true;
    }
  }),
);
if (failed) process.exitCode = 1;
