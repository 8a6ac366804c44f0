/** `seqcast announce`: tells of a burst to come, so that stock is raised before it does. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Status } from '../../workers/runtime/service.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, ServerOptions } from '../cli-context.ts';
import { numberOf, serverOptions } from '../command-options.ts';
import { callServer, path } from '../server-call.ts';
import { timeText } from '../table.ts';

interface AnnounceOptions extends ServerOptions {
  readonly rate: number;
  readonly in: number;
  readonly for: number;
  readonly clientType?: string;
  readonly service?: string;
}

interface Announced {
  readonly rate: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function addAnnounce(program: Command, cli: CliContext): void {
  const command = program
    .command('announce')
    .argument('<name>')
    .description('Announces a burst: `seqcast announce orders --rate 500 --in 10m --for 1h`.')
    .requiredOption('--rate <n>', 'values per second expected while it lasts', numberOf)
    .requiredOption('--for <duration>', 'how long it lasts: 30s, 10m, 1h', durationOf)
    .option('--in <duration>', 'when it begins, from now', durationOf, 0)
    .option('--client-type <type>', 'kind of caller (default: default)')
    .option('--service <service>', 'what the values are for (default: default)');
  serverOptions(command).action(async (name: string, options: AnnounceOptions) => {
    const { rate, in: inMs, for: forMs, clientType, service } = options;
    // The server's own time: a demo lives faster, and clocks of two machines differ.
    const { nowMs } = (await callServer(cli, options, { method: 'GET', path: '/v1/status' })) as Status;
    const fromMs = nowMs + inMs;
    const body = { rate, fromMs, untilMs: fromMs + forMs, clientType, service };
    const answer = (await callServer(cli, options, { method: 'POST', path: path`/v1/sequences/${name}/announcements`, body })) as Announced;
    writeAnswer(
      cli,
      options,
      answer,
      () => `announced ${answer.rate}/s from ${timeText(answer.fromMs)} until ${timeText(answer.untilMs)}\n`,
    );
  });
}

function durationOf(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const unitMs = UNITS[unit ?? ''];
  if (amount === undefined || unitMs === undefined) throw new InvalidArgumentError('Write a number and a unit: 500ms, 30s, 10m, 1h, 1d.');
  return Number(amount) * unitMs;
}
