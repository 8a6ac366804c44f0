/** `seqcast replay`: what the present rule would have done with the demand that a stopped data directory has recorded. */
import type { Command } from 'commander';
import { SequenceError } from '../../core/errors.ts';
import type { ReplayReport } from '../../pipelines/replay.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, JsonOption } from '../cli-context.ts';
import { jsonOption } from '../command-options.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { table } from '../table.ts';

interface Flags extends JsonOption {
  readonly dataDir: string;
  readonly leadTimeMs: string;
  readonly rideThroughMs: string;
}

export function addReplay(program: Command, cli: CliContext): void {
  const command = program
    .command('replay')
    .description('Replays the recorded demand of a stopped data directory through the forecast and the allocation rule, and sums up.')
    .requiredOption('--data-dir <dir>', 'read this directory, whose server is stopped')
    .option('--lead-time-ms <ms>', 'decision to usable stock, for every order', '10')
    .option('--ride-through-ms <ms>', 'how long streams must last without an allocator', '0');
  jsonOption(command).action(async (flags: Flags) => {
    const { replayDirectory } = await import('../recorded-demand.ts');
    const options = {
      leadTimeMs: millisecondsOf('--lead-time-ms', flags.leadTimeMs),
      rideThroughMs: millisecondsOf('--ride-through-ms', flags.rideThroughMs),
    };
    const reports = await replayDirectory(flags.dataDir, options, (line) => cli.err.write(line));
    writeAnswer(cli, flags, { streams: reports }, () => reportText(reports));
    if (reports.length === 0) cli.exitCode = EXIT_CODES.failed.code;
  });
}

function reportText(reports: readonly ReplayReport[]): string {
  if (reports.length === 0) return 'no demand is recorded there\n';
  const rows = reports.map((each) => [
    each.stream,
    each.demanded,
    each.stalledPpm.toFixed(1),
    Math.round(each.meanIdle),
    each.maxIdle,
    each.allocationsPerHour.toFixed(1),
  ]);
  return `${table(['stream', 'demanded', 'stalled ppm', 'mean idle', 'max idle', 'allocations/h'], rows)}\n`;
}

function millisecondsOf(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0 && value <= 86_400_000) return value;
  throw new SequenceError('SEQ_CONFIG_INVALID', `${flag} is ${text}: give milliseconds, 0 to a day`);
}
