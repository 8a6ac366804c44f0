/** One run of the command line: parse, act, and turn whatever happened into an exit code. */
import { CommanderError } from 'commander';
import { SequenceError } from '../core/errors.ts';
import type { CliContext } from './cli-context.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { reportFailure } from './failure.ts';
import { createProgram } from './program.ts';
import { terminalOf } from './terminal.ts';

export async function runCli(args: readonly string[], cli: CliContext): Promise<number> {
  const json = args.includes('--json');
  if (args.includes('--no-color')) cli.isPlain = true;
  const terminal = terminalOf(cli.err, cli.env, cli.isPlain);
  try {
    await createProgram(cli).parseAsync(args, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportFailure(error, { json, err: cli.err, terminal });
    if (error.exitCode === 0) return EXIT_CODES.ok.code;
    // Help that nobody asked for, because no command was named: it has been written already.
    if (error.code === 'commander.help') return EXIT_CODES.usage.code;
    return reportFailure(new SequenceError('SEQ_CONFIG_INVALID', `${error.message.replace(/^error: /, '')} (see --help)`), {
      json,
      err: cli.err,
      terminal,
    });
  }
}
