/** `dlq` and `jobs`: records that were put aside, and the work of the analytics pool. */
import { type Command, Option } from 'commander';
import type { JobView } from '../../pipelines/ports.ts';
import type { DeadLetterView } from '../../workers/runtime/service/service.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, ServerOptions } from '../cli-context.ts';
import { numberOf, serverOptions } from '../command-options.ts';
import { callServer, path } from '../server-call.ts';
import { table, timeText } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const LISTED_DEFAULT = 100;

interface ListOptions extends ServerOptions {
  readonly limit: number;
}

export function addOperations(program: Command, cli: CliContext): void {
  const dlq = program.command('dlq').description('Records that could not be read or applied, and were put aside.');
  serverOptions(
    dlq.command('list').description('Lists them, newest first.').option('--limit <n>', 'how many at most', numberOf, LISTED_DEFAULT),
  ).action(async ({ limit, ...options }: ListOptions) => {
    const answer = (await callServer(cli, options, { method: 'GET', path: `/v1/dead-letters?limit=${limit}` })) as {
      readonly deadLetters: readonly DeadLetterView[];
    };
    writeAnswer(cli, options, answer, (terminal) => lettersText(answer.deadLetters, terminal));
  });
  serverOptions(
    dlq
      .command('replay')
      .argument('<id>', 'as `dlq list` shows it')
      .description('Appends a record to its topic once more, when what kept it from being read is mended.'),
  ).action(async (id: string, options: ServerOptions) => {
    const letter = (await callServer(cli, options, { method: 'POST', path: path`/v1/dead-letters/${id}/replay` })) as DeadLetterView;
    writeAnswer(cli, options, letter, () => `appended to ${letter.topic}/${letter.partition} once more\n`);
  });

  const jobs = program.command('jobs').description('Work of the analytics pool: rollups, audits, trainings.');
  const state = new Option('--state <state>', 'which').choices(['waiting', 'delayed', 'running', 'done', 'dead']).default('dead');
  serverOptions(
    jobs
      .command('list')
      .description('Lists jobs of one state.')
      .addOption(state)
      .option('--limit <n>', 'how many at most', numberOf, LISTED_DEFAULT),
  ).action(async ({ limit, state: of, ...options }: ListOptions & { readonly state: string }) => {
    const answer = (await callServer(cli, options, { method: 'GET', path: `/v1/jobs?state=${of}&limit=${limit}` })) as {
      readonly jobs: readonly JobView[];
    };
    writeAnswer(cli, options, answer, (terminal) => jobsText(answer.jobs, terminal));
  });
  serverOptions(jobs.command('revive').argument('<id>', 'as `jobs list` shows it').description('Runs a dead job again.')).action(
    async (id: string, options: ServerOptions) => {
      const answer = await callServer(cli, options, { method: 'POST', path: path`/v1/jobs/${id}/revive` });
      writeAnswer(cli, options, answer, () => `job ${id} waits for its turn\n`);
    },
  );
}

function lettersText(letters: readonly DeadLetterView[], terminal: Terminal): string {
  if (letters.length === 0) return 'nothing was put aside\n';
  const rows = letters.map(({ id, atMs, topic, partition, offset, code, message }) => [
    id,
    timeText(atMs),
    `${topic}/${partition}:${offset}`,
    code,
    message,
  ]);
  return table(['id', 'put aside', 'from', 'code', 'why'], rows, terminal);
}

function jobsText(jobs: readonly JobView[], terminal: Terminal): string {
  if (jobs.length === 0) return 'none\n';
  const rows = jobs.map(({ id, name, state, attempt, progress, addedAtMs, error, note }) => [
    id,
    name,
    state,
    attempt,
    `${Math.round(progress * 100)} %`,
    timeText(addedAtMs),
    note ?? error ?? '',
  ]);
  return table(['id', 'name', 'state', 'attempt', 'done', 'added', 'says'], rows, terminal);
}
