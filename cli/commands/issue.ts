/** `issue` and `stamp`: many values at once, by a job of the server. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { BULK_FORMATS, TOPIC_FORMATS } from '../../workers/runtime/bulk/bulk-order.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, ServerOptions } from '../cli-context.ts';
import { serverOptions } from '../command-options.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { untilEnded } from '../job-end.ts';
import { callServer } from '../server-call.ts';

const FORMATS = [...new Set([...BULK_FORMATS, ...TOPIC_FORMATS])];

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1_000, m: 1_000_000, g: 1_000_000_000 };

interface BulkOptions extends ServerOptions {
  readonly out?: string;
  readonly to?: string;
  readonly clientType?: string;
  readonly service?: string;
  readonly wait?: boolean;
}

interface BulkDone {
  readonly file: string;
  readonly count: number;
  readonly first: string;
  readonly last: string;
  readonly bytes: number;
}

export function addIssue(program: Command, cli: CliContext): void {
  const issue = program
    .command('issue')
    .argument('<name>')
    .description(
      'Has a job write values into a file in the directory of bulk files, or into a topic: exactly so many, whatever interrupts it.',
    )
    .requiredOption('--count <n>', 'how many: 5000, 250k, 10m', countOf)
    .option('--out <file>', 'name of the file; its ending says the format: .parquet, .csv, .jsonl (ranges)')
    .option('--to <target>', 'instead of a file: topic:NAME, one that --bulk-topics of the servers allows', topicTarget)
    .addOption(new Option('--format <format>', 'whatever the ending says; of a topic values or ranges').choices(FORMATS));
  bulkOptions(issue).action(
    async (sequence: string, { count, format, ...options }: BulkOptions & { readonly count: number; readonly format?: string }) => {
      await run(cli, options, 'issue', { sequence, count, ...(format !== undefined && { format }) });
    },
  );
  const stamp = program
    .command('stamp')
    .argument('<name>')
    .description('Has a job write a Parquet or CSV file again with a column of values, one a row.')
    .requiredOption('--in <file>', 'name of the file to read, in the directory of bulk files')
    .requiredOption('--out <file>', 'name of the file to write, there too')
    .requiredOption('--column <name>', 'name of the column of values');
  bulkOptions(stamp).action(
    async (sequence: string, { in: input, column, ...options }: BulkOptions & { readonly in: string; readonly column: string }) => {
      await run(cli, options, 'stamp', { sequence, input, column });
    },
  );
}

function bulkOptions(command: Command): Command {
  return serverOptions(
    command
      .option('--client-type <type>', 'kind of caller (default: bulk)')
      .option('--service <service>', 'what the values are for (default: bulk)')
      .option('--wait', 'wait until it ends, and say how'),
  );
}

async function run(
  cli: CliContext,
  { out, to, clientType, service, wait, ...options }: BulkOptions,
  kind: 'issue' | 'stamp',
  asked: Readonly<Record<string, unknown>>,
): Promise<void> {
  const caller = { ...(clientType !== undefined && { clientType }), ...(service !== undefined && { service }) };
  const body = { ...asked, ...(out !== undefined && { file: out }), ...(to !== undefined && { topic: to }), ...caller };
  const { job } = (await callServer(cli, options, { method: 'POST', path: `/v1/jobs/${kind}`, body })) as { readonly job: string };
  if (wait !== true) {
    writeAnswer(
      cli,
      options,
      { job },
      () => `job ${job} writes ${out ?? to ?? ''}: \`seqcast jobs list --state running\` says how far it is\n`,
    );
    return;
  }
  const { state, result, error } = await untilEnded(cli, options, job);
  if (state === 'dead') cli.exitCode = EXIT_CODES.failed.code;
  writeAnswer(cli, options, { job, state, ...(result as object | undefined), error }, () => {
    if (state === 'dead') return `job ${job} failed: ${error ?? ''}\n`;
    const { file, count, first, last, bytes } = result as BulkDone;
    return `${file}: ${count} values, ${first} to ${last}, ${bytes} bytes\n`;
  });
}

function topicTarget(text: string): string {
  const name = /^topic:(.+)$/.exec(text)?.[1];
  if (name !== undefined) return name;
  throw new InvalidArgumentError('Write topic:NAME.');
}

function countOf(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text) ?? [];
  const count = Number(amount) * (UNITS[(unit ?? '').toLowerCase()] ?? Number.NaN);
  if (Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError('Write a whole number, or one with k, m or g behind it: 5000, 250k, 10m.');
}
