/** `status`, `topology`, `explain`: what the server knows of itself, and why. */
import { type Command, Option } from 'commander';
import type { Explanation, Status } from '../../workers/runtime/service/service.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, JsonOption, ServerOptions } from '../cli-context.ts';
import { jsonOption, serverOptions } from '../command-options.ts';
import { callServer } from '../server-call.ts';
import { STREAM_ARGUMENT, streamPath } from '../stream-argument.ts';
import { fields, table, timeText } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export function addInsight(program: Command, cli: CliContext): void {
  serverOptions(program.command('status').description('Shows the state of the server and of every stream.')).action(
    async (options: ServerOptions) => {
      const status = (await callServer(cli, options, { method: 'GET', path: '/v1/status' })) as Status;
      writeAnswer(cli, options, status, (terminal) => statusText(status, terminal));
    },
  );

  const format = new Option('--format <format>', 'text, or mermaid for a flow chart').choices(['text', 'mermaid']).default('text');
  jsonOption(program.command('topology').description('Prints stages and topics; needs no server.').addOption(format)).action(
    async ({ format: as, json }: JsonOption & { readonly format: 'text' | 'mermaid' }) => {
      const { STAGES, topologyMermaid, topologyText } = await import('../../pipelines/topology.ts');
      writeAnswer(cli, { json }, { stages: STAGES }, () => (as === 'mermaid' ? topologyMermaid() : topologyText()));
    },
  );

  serverOptions(
    program
      .command('explain')
      .argument('<stream>', STREAM_ARGUMENT)
      .description('Says why the last shards of a stream have the size they have.'),
  ).action(async (stream: string, options: ServerOptions) => {
    const answer = (await callServer(cli, options, { method: 'GET', path: streamPath(stream, 'explain') })) as Explanation;
    writeAnswer(cli, options, answer, () => explanationText(answer));
  });
}

function statusText(
  { version, state, dataDir, startedAtMs, nowMs, incarnation, sequences, streams, warnings = [] }: Status,
  terminal: Terminal,
): string {
  const facts = fields({
    version,
    state,
    'data directory': dataDir,
    'up since': timeText(startedAtMs),
    now: timeText(nowMs),
    incarnation,
    sequences,
    streams: streams.length,
  });
  const head = facts + warnings.map((warning) => `warning: ${warning}\n`).join('');
  if (streams.length === 0) return head;
  const rows = streams.map((s) => [
    s.stream,
    s.demandPerSecond,
    s.forecastMedian,
    s.forecastUpper,
    s.stock,
    s.waiting,
    s.reorderPoint,
    s.leadTimeMs,
    s.requestsTotal,
    s.stallsTotal,
    s.allocationsTotal,
  ]);
  return `${head}\n${table(['stream', 'demand/s', 'median', 'upper', 'stock', 'waiting', 'reorder at', 'lead ms', 'requests', 'stalls', 'allocations'], rows, terminal)}`;
}

function explanationText({ stream, sentences, decisions }: Explanation): string {
  const lines = decisions.map(({ atMs, sentence }) => `${timeText(atMs)}  ${sentence}`);
  return `${[stream, ...sentences, ...(lines.length > 0 ? ['', 'Decisions, newest first:', ...lines] : [])].join('\n')}\n`;
}
