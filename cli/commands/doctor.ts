/** `seqcast doctor`: whether seqcast can run here, check by check, and what to do where it cannot. */
import type { Command } from 'commander';
import { writeAnswer } from '../answer.ts';
import type { CliContext, JsonOption } from '../cli-context.ts';
import { jsonOption } from '../command-options.ts';
import { EXIT_CODES } from '../exit-codes.ts';

interface DoctorOptions extends JsonOption {
  readonly config?: string;
  readonly dataDir?: string;
  readonly host?: string;
  readonly port?: string;
}

export function addDoctor(program: Command, cli: CliContext): void {
  const command = program
    .command('doctor')
    .description(
      'Checks Node, build, data directory, ports, engines with their settings and clocks, a first value and what trains models; says what to do.',
    )
    .option('--data-dir <dir>', 'directory to check (default: as configured)')
    .option('--host <host>', 'address to check (default: as configured)')
    .option('--port <port>', 'port to check (default: as configured)')
    .option('--config <file>', 'configuration file');
  jsonOption(command).action(async ({ json, config: file, ...flags }: DoctorOptions) => {
    const { loadConfig } = await import('../../workers/runtime/process/config.ts');
    const config = await loadConfig({ flags, env: cli.env, ...(file !== undefined && { file }) });
    const { examine } = await import('../examination.ts');
    const { checkText } = await import('../doctor/check.ts');
    const checks = await examine(config);
    writeAnswer(cli, { json }, { ok: checks.every(({ ok }) => ok), checks }, (terminal) =>
      checks.map((each) => checkText(each, terminal)).join(''),
    );
    if (checks.some(({ ok }) => !ok)) cli.exitCode = EXIT_CODES.failed.code;
  });
}
