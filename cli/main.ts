#!/usr/bin/env node
// The command `seqcast`. Ends with the exit code of what was asked, once everything was written.
import { ENVIRONMENT } from '../workers/runtime/process/config.ts';
import { runCli } from './run.ts';

// A reader that went away (`seqcast list | head -1`) is no failure of ours, and must not end a server.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const code = await runCli(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  env: ENVIRONMENT,
  signals: process,
  exitCode: 0,
});
// Ends here even where something still waits: a server whose time to drain is over must not hang on.
process.stdout.write('', () => process.exit(code));
