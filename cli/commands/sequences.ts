/** `create`, `list`, `describe`, `alter`, `restart`, `drop`. */
import type { Command } from 'commander';
import { writeAnswer } from '../answer.ts';
import type { CliContext, JsonOption, ServerOptions } from '../cli-context.ts';
import { integerText, numberOf, serverOptions } from '../command-options.ts';
import { callServer, path, type ServerCall } from '../server-call.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { describedText, planText, runsOutText, type ShownExhaustion } from '../value-space-text.ts';

interface Sequence {
  readonly name: string;
  readonly start: string;
  readonly increment: string;
  readonly max: string;
  readonly order: string;
  readonly claimed: number;
  readonly streams: number;
  readonly exhaustion?: ShownExhaustion;
}

interface SequencePage {
  readonly sequences: readonly Sequence[];
  readonly next?: string;
}

type AttributeOptions = ServerOptions & { readonly dryRun?: true } & Readonly<Record<string, unknown>>;
type ChangeOptions = ServerOptions & { readonly dryRun?: true };

export function addSequences(program: Command, cli: CliContext): void {
  const show = (options: JsonOption, sequence: unknown) =>
    writeAnswer(cli, options, sequence, () => describedText(sequence as Record<string, unknown>));
  const change = async (options: ChangeOptions, call: ServerCall, done: (answer: unknown) => void): Promise<void> => {
    const answer = await callServer(cli, options, { ...call, path: `${call.path}${options.dryRun === true ? '?dryRun=true' : ''}` });
    if (options.dryRun === true) writeAnswer(cli, options, answer, () => planText(answer));
    else done(answer);
  };

  serverOptions(
    attributes(program.command('create').argument('<name>').description('Creates a sequence; the same again changes nothing.')),
  ).action(async (name: string, { url, json, ...rest }: AttributeOptions) => {
    show({ json }, await callServer(cli, { url }, { method: 'POST', path: '/v1/sequences', body: { name, ...rest } }));
  });
  serverOptions(program.command('list').description('Lists all sequences.')).action(async (options: ServerOptions) => {
    const sequences: Sequence[] = [];
    let next: string | undefined = '/v1/sequences';
    while (next !== undefined) {
      const page = (await callServer(cli, options, { method: 'GET', path: next })) as SequencePage;
      sequences.push(...page.sequences);
      next = page.next === undefined ? undefined : path`/v1/sequences?after=${page.next}`;
    }
    writeAnswer(cli, options, { sequences }, (terminal) => listText(sequences, terminal));
  });
  serverOptions(program.command('describe').argument('<name>').description('Describes one sequence.')).action(
    async (name: string, options: ServerOptions) => {
      show(options, await callServer(cli, options, { method: 'GET', path: path`/v1/sequences/${name}` }));
    },
  );
  serverOptions(
    attributes(
      dryRunOption(
        program
          .command('alter')
          .argument('<name>')
          .description('Changes attributes: values go on above everything given out so far, or at --start.'),
      ),
    ),
  ).action(async (name: string, { url, json, dryRun, ...rest }: AttributeOptions) => {
    const options = { url, json, ...(dryRun && { dryRun }) };
    await change(options, { method: 'PATCH', path: path`/v1/sequences/${name}`, body: rest }, (answer) => show({ json }, answer));
  });
  serverOptions(
    dryRunOption(program.command('restart').argument('<name>'))
      .description('Begins again: values given out before may come again.')
      .option('--start <value>', 'where to begin (default: the start of the definition)', integerText),
  ).action(async (name: string, { start, ...options }: ChangeOptions & { readonly start?: string }) => {
    const body = start === undefined ? {} : { start };
    await change(options, { method: 'POST', path: path`/v1/sequences/${name}/restart`, body }, (answer) => show(options, answer));
  });
  serverOptions(dryRunOption(program.command('drop').argument('<name>').description('Drops a sequence for good.'))).action(
    async (name: string, options: ChangeOptions) => {
      const dropped = (): void => writeAnswer(cli, options, { dropped: name }, () => `dropped ${name}\n`);
      await change(options, { method: 'DELETE', path: path`/v1/sequences/${name}` }, dropped);
    },
  );
}

function dryRunOption(command: Command): Command {
  return command.option('--dry-run', 'say what every pool would do, and change nothing');
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
    .option('--answers-kept <how-long>', 'how long a request id over Kafka gives the same answer: day or ever')
    .option('--guarantee <guarantee>', 'unique, or gapless: no gap among those that are confirmed')
    .option('--burn-cost <cost>', 'what a value costs that is lost with its pool: none, low or high')
    .option('--durability <durability>', 'stock, or answered: each call is on the disk before it is answered')
    .option('--pool <kind>', 'kind of pool: auto, throughput, transaction or analytics')
    .option('--format <template>', 'how values are printed, such as INV-{YYYY}-{value:06}')
    .option('--reset <when>', 'when values begin again: none, daily, monthly or yearly')
    .option('--time-zone <zone>', 'whose midnight begins a period, such as Europe/Berlin')
    .option('--opaque-key <hex>', 'key of {opaque}, 32 hexadecimal digits (default: made up)');
}

function listText(sequences: readonly Sequence[], terminal: Terminal): string {
  if (sequences.length === 0) return 'no sequences yet: create one with `seqcast create NAME`\n';
  const rows = sequences.map(({ name, start, increment, max, order, claimed, streams, exhaustion }) => [
    name,
    start,
    increment,
    max,
    order,
    claimed,
    streams,
    runsOutText(exhaustion),
  ]);
  return table(['name', 'start', 'increment', 'max', 'order', 'claimed', 'streams', 'may run out'], rows, terminal);
}
