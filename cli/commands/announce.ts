/** `seqcast announce`: tells of a burst to come, so that stock is raised before it does; lists and ends what was told. */
import type { Command } from 'commander';
import { SequenceError } from '../../core/errors.ts';
import type { AnnouncementView } from '../../workers/runtime/expectations/expectation-views.ts';
import type { Status } from '../../workers/runtime/service/service.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, ServerOptions } from '../cli-context.ts';
import { durationOf, numberOf, serverOptions } from '../command-options.ts';
import { callServer, path } from '../server-call.ts';
import { table, timeText } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface StreamOptions extends ServerOptions {
  readonly clientType?: string;
  readonly service?: string;
}

interface AddOptions extends StreamOptions {
  readonly rate: number;
  readonly in: number;
  readonly for: number;
}

interface Announced {
  readonly rate: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

const DEFAULT_NAME = 'default';

export function addAnnounce(program: Command, cli: CliContext): void {
  const announce = program
    .command('announce')
    .description('Announces bursts: `seqcast announce orders --rate 500 --in 10m --for 1h`, which is `announce add`.');
  streamOptions(
    announce
      .command('add', { isDefault: true })
      .argument('<name>')
      .description('Announces a burst.')
      .requiredOption('--rate <n>', 'values per second expected while it lasts', numberOf)
      .requiredOption('--for <duration>', 'how long it lasts: 30s, 10m, 1h', durationOf)
      .option('--in <duration>', 'when it begins, from now', durationOf, 0),
  ).action(async (name: string, options: AddOptions) => await add(cli, name, options));
  serverOptions(announce.command('list').description('Lists announced bursts that are not over.')).action(
    async (options: ServerOptions) => {
      const answer = await bursts(cli, options);
      writeAnswer(cli, options, answer, (terminal) => listText(answer.announcements, terminal));
    },
  );
  streamOptions(
    announce
      .command('end')
      .argument('<name>')
      .description('Ends the announced bursts of a stream, or takes them back before they begin.')
      .option('--from <ms>', 'only the one that begins then, in milliseconds since the epoch, as listed with --json', numberOf),
  ).action(async (name: string, options: StreamOptions & { readonly from?: number }) => await end(cli, name, options));
}

async function add(cli: CliContext, name: string, options: AddOptions): Promise<void> {
  const { rate, in: inMs, for: forMs, clientType, service } = options;
  // The server's own time: a demo lives faster, and clocks of two machines differ.
  const { nowMs } = (await callServer(cli, options, { method: 'GET', path: '/v1/status' })) as Status;
  const fromMs = nowMs + inMs;
  const body = { rate, fromMs, untilMs: fromMs + forMs, clientType, service };
  const answer = (await callServer(cli, options, { method: 'POST', path: path`/v1/sequences/${name}/announcements`, body })) as Announced;
  writeAnswer(cli, options, answer, () => `announced ${answer.rate}/s from ${timeText(answer.fromMs)} until ${timeText(answer.untilMs)}\n`);
}

async function end(cli: CliContext, sequence: string, options: StreamOptions & { readonly from?: number }): Promise<void> {
  const { clientType = DEFAULT_NAME, service = DEFAULT_NAME, from } = options;
  const stream = `${sequence}/${clientType}/${service}`;
  const { announcements } = await bursts(cli, options);
  const meant = announcements.filter((each) => each.stream === stream && (from === undefined || each.fromMs === from));
  if (meant.length === 0) throw new SequenceError('SEQ_UNKNOWN_ANNOUNCEMENT', `no such burst of ${stream} is announced`, { stream });
  for (const { fromMs } of meant) {
    const to = path`/v1/announcements/${sequence}/${clientType}/${service}/${String(fromMs)}`;
    await callServer(cli, options, { method: 'DELETE', path: to });
  }
  const lines = meant.map(({ rate, fromMs }) => `ended ${rate}/s from ${timeText(fromMs)}\n`);
  writeAnswer(cli, options, { ended: meant }, () => lines.join(''));
}

async function bursts(cli: CliContext, options: ServerOptions): Promise<{ readonly announcements: readonly AnnouncementView[] }> {
  return (await callServer(cli, options, { method: 'GET', path: '/v1/announcements' })) as {
    readonly announcements: readonly AnnouncementView[];
  };
}

function streamOptions(command: Command): Command {
  return serverOptions(
    command
      .option('--client-type <type>', 'kind of caller (default: default)')
      .option('--service <service>', 'what the values are for (default: default)'),
  );
}

function listText(announcements: readonly AnnouncementView[], terminal: Terminal): string {
  if (announcements.length === 0) return 'no bursts are announced\n';
  const rows = announcements.map(({ stream, rate, fromMs, untilMs, state }) => [stream, rate, timeText(fromMs), timeText(untilMs), state]);
  return table(['stream', 'rate', 'from', 'until', 'state'], rows, terminal);
}
