/** `seqcast up`: serves from one data directory until it is told to stop. */
import type { Command } from 'commander';
import type { CliContext, JsonOption } from '../cli-context.ts';
import { jsonOption } from '../command-options.ts';

type Flags = JsonOption & { readonly config?: string } & Readonly<Record<string, unknown>>;

export function addUp(program: Command, cli: CliContext): void {
  // Written out rather than drawn from the schema, which takes long to load; a test holds the two against each other.
  const command = program
    .command('up')
    .summary('start the server')
    .description('Starts the server with all its roles in this process; SIGTERM or Ctrl-C gives unused stock back and ends it.')
    .option('--data-dir <dir>', 'directory that holds all data (default: .seqcast)')
    .option('--host <host>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on, 0 for any free one (default: 7070)')
    .option('--partitions <n>', 'allocation partitions of a new data directory (default: 4)')
    .option('--streams-per-sequence <n>', 'streams of a sequence with a stock of their own (default: 1000)')
    .option('--log-level <level>', 'how much is logged (default: info)')
    .option('--log-file <file>', 'log there instead of to standard error')
    .option('--demo', 'replay three weeks of real demand on one screen, and keep serving')
    .option('--speed-up <n>', 'demo seconds per real second (default: 3600)')
    .option('--days <n>', 'days of the trace that the demo replays (default: 21)')
    .option('--config <file>', 'configuration file (default: seqcast.config.yaml or .json, where there is one)');
  jsonOption(command).action(async ({ json, config: file, ...flags }: Flags) => {
    const { loadConfig } = await import('../../workers/runtime/config.ts');
    const config = await loadConfig({ flags, env: cli.env, ...(file !== undefined && { file }) });
    const { serve } = await import('../server.ts');
    cli.exitCode = await serve({ config, json: json === true, ...cli });
  });
}
