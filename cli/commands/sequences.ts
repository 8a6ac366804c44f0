/** `create`, `list`, `describe`, `alter`, `restart`, `drop`. */
import type { Command } from 'commander';
import { writeAnswer } from '../answer.ts';
import type { CliContext, JsonOption, ServerOptions } from '../cli-context.ts';
import { integerText, numberOf, serverOptions } from '../command-options.ts';
import { callServer, path } from '../server-call.ts';
import { fields, table } from '../table.ts';

interface Sequence {
  readonly name: string;
  readonly start: string;
  readonly increment: string;
  readonly max: string;
  readonly order: string;
  readonly claimed: number;
  readonly streams: number;
}

type AttributeOptions = ServerOptions & Readonly<Record<string, unknown>>;

export function addSequences(program: Command, cli: CliContext): void {
  const show = (options: JsonOption, sequence: unknown) =>
    writeAnswer(cli, options, sequence, () => fields(sequence as Record<string, unknown>));

  serverOptions(
    attributes(program.command('create').argument('<name>').description('Creates a sequence; the same again changes nothing.')),
  ).action(async (name: string, { url, json, ...rest }: AttributeOptions) => {
    show({ json }, await callServer(cli, { url }, { method: 'POST', path: '/v1/sequences', body: { name, ...rest } }));
  });
  serverOptions(program.command('list').description('Lists all sequences.')).action(async (options: ServerOptions) => {
    const answer = (await callServer(cli, options, { method: 'GET', path: '/v1/sequences' })) as {
      readonly sequences: readonly Sequence[];
    };
    writeAnswer(cli, options, answer, () => listText(answer.sequences));
  });
  serverOptions(program.command('describe').argument('<name>').description('Describes one sequence.')).action(
    async (name: string, options: ServerOptions) => {
      show(options, await callServer(cli, options, { method: 'GET', path: path`/v1/sequences/${name}` }));
    },
  );
  serverOptions(
    attributes(
      program
        .command('alter')
        .argument('<name>')
        .description('Changes attributes: values go on above everything given out so far, or at --start.'),
    ),
  ).action(async (name: string, { url, json, ...rest }: AttributeOptions) => {
    show({ json }, await callServer(cli, { url }, { method: 'PATCH', path: path`/v1/sequences/${name}`, body: rest }));
  });
  serverOptions(
    program
      .command('restart')
      .argument('<name>')
      .description('Begins again: values given out before may come again.')
      .option('--start <value>', 'where to begin (default: the start of the definition)', integerText),
  ).action(async (name: string, { start, ...options }: ServerOptions & { readonly start?: string }) => {
    const body = start === undefined ? {} : { start };
    show(options, await callServer(cli, options, { method: 'POST', path: path`/v1/sequences/${name}/restart`, body }));
  });
  serverOptions(program.command('drop').argument('<name>').description('Drops a sequence for good.')).action(
    async (name: string, options: ServerOptions) => {
      await callServer(cli, options, { method: 'DELETE', path: path`/v1/sequences/${name}` });
      writeAnswer(cli, options, { dropped: name }, () => `dropped ${name}\n`);
    },
  );
}

/** The flags are the attributes of the HTTP interface, by their own names. */
function attributes(command: Command): Command {
  return command
    .option('--start <value>', 'first value', integerText)
    .option('--increment <value>', 'step between values, negative to descend', integerText)
    .option('--min <value>', 'smallest value', integerText)
    .option('--max <value>', 'largest value', integerText)
    .option('--cycle', 'begin again at the other end when the last value was given out')
    .option('--no-cycle', 'end there')
    .option('--order <order>', 'which answers increase: none, stream or sequence')
    .option('--target-stalls-ppm <n>', 'requests of a million that may wait for an allocation', numberOf)
    .option('--ride-through-ms <ms>', 'how long every stream must last without any allocator', numberOf)
    .option('--ride-through-class <class>', 'what it must survive meanwhile: expected or insured')
    .option('--answers-kept <how-long>', 'how long a request id over Kafka gives the same answer: day or ever');
}

function listText(sequences: readonly Sequence[]): string {
  if (sequences.length === 0) return 'no sequences yet: create one with `seqcast create NAME`\n';
  const rows = sequences.map(({ name, start, increment, max, order, claimed, streams }) => [
    name,
    start,
    increment,
    max,
    order,
    claimed,
    streams,
  ]);
  return table(['name', 'start', 'increment', 'max', 'order', 'claimed', 'streams'], rows);
}
