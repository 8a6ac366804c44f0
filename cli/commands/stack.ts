/** `seqcast stack up|down|status`: Kafka, Redis, etcd and PostgreSQL on this machine, without containers. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { writeAnswer } from '../answer.ts';
import type { CliContext, JsonOption } from '../cli-context.ts';
import { jsonOption } from '../command-options.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { ENGINE_NAMES, type EngineName } from '../stack/engine-process.ts';
import type { StackReport } from '../stack/stack.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface StackFlags extends JsonOption {
  readonly dir: string;
}

interface UpFlags extends StackFlags {
  readonly brokers?: 1 | 3;
  readonly kafkaVersion?: string;
  readonly replica?: true;
  readonly only?: readonly EngineName[];
  readonly shell?: true;
}

const DIRECTORY = '.seqcast-stack';

export function addStack(program: Command, cli: CliContext): void {
  const stack = program
    .command('stack')
    .description('Runs the engines on this machine: Kafka, Redis, etcd, PostgreSQL.')
    .helpCommand(false);
  addUp(stack, cli);
  addDown(stack, cli);
  addStatus(stack, cli);
}

function addUp(stack: Command, cli: CliContext): void {
  const command = stackOptions(
    stack
      .command('up')
      .summary('start the engines')
      .description(
        'Starts what is not running yet and prints the variables that `seqcast up` needs to use it. Fetches Kafka through Maven the first time; the others come from the packages of the system.',
      ),
  )
    .addOption(new Option('--brokers <n>', 'Kafka brokers, each a process (default: as before, else 1)').argParser(brokerCount))
    .option('--replica', 'a second Redis that copies the first')
    .option('--only <engines>', `some of ${ENGINE_NAMES.join(',')} (default: all)`, engineList)
    .option('--kafka-version <version>', 'another version of Kafka than the usual one', version)
    .option('--shell', 'write `export` lines, for eval');
  command.action(async ({ dir, json, shell, only = ENGINE_NAMES, ...options }: UpFlags) => {
    const { stackUp } = await import('../stack/stack.ts');
    const progress = (line: string) => cli.err.write(`${line}\n`);
    const report = await stackUp({ directory: dir, engines: only, usualPorts: true, env: cli.env, progress, ...options });
    writeAnswer(cli, { json }, report, (terminal) => (shell === true ? exports(report) : upText(report, terminal)));
    for (const { engine, code, message } of report.problems) cli.err.write(`${engine}: ${code}: ${message}\n`);
    if (report.problems.length > 0) cli.exitCode = EXIT_CODES.failed.code;
  });
}

function addDown(stack: Command, cli: CliContext): void {
  stackOptions(
    stack.command('down').summary('end the engines').description('Ends the engines of the stack; their data and ports are kept.'),
  )
    .option('--delete', 'delete their data too')
    .action(async ({ dir, json, delete: deleteData = false }: StackFlags & { readonly delete?: boolean }) => {
      const { stackDown } = await import('../stack/stack.ts');
      const report = await stackDown(dir, { deleteData });
      writeAnswer(cli, { json }, report, () =>
        report.processes.length === 0 ? 'nothing was running\n' : `ended ${report.processes.map(({ name }) => name).join(', ')}\n`,
      );
    });
}

function addStatus(stack: Command, cli: CliContext): void {
  const command = stack
    .command('status')
    .summary('show the engines')
    .description('Shows the engines of the stack; exits 1 unless all of them serve.');
  stackOptions(command).action(async ({ dir, json }: StackFlags) => {
    const { stackStatus } = await import('../stack/stack.ts');
    const report = await stackStatus(dir);
    writeAnswer(cli, { json }, report, (terminal) =>
      report.processes.length === 0 ? `no stack is up in ${dir}\n` : processTable(report, terminal),
    );
    if (report.processes.length === 0 || report.processes.some(({ state }) => state !== 'running')) cli.exitCode = EXIT_CODES.failed.code;
  });
}

function stackOptions(command: Command): Command {
  return jsonOption(command.option('--dir <dir>', 'directory of the stack', DIRECTORY));
}

function brokerCount(text: string): 1 | 3 {
  if (text === '1') return 1;
  if (text === '3') return 3;
  throw new InvalidArgumentError('It is 1 or 3: two brokers survive no more than one does.');
}

function engineList(text: string): readonly EngineName[] {
  const names = text.split(',').map((name) => name.trim());
  const known = ENGINE_NAMES.filter((engine) => names.includes(engine));
  if (known.length === new Set(names).size) return known;
  throw new InvalidArgumentError(`Known are ${ENGINE_NAMES.join(', ')}.`);
}

/** It becomes part of a path. */
function version(text: string): string {
  if (/^\d+\.\d+\.\d+$/.test(text)) return text;
  throw new InvalidArgumentError('It is not a version such as 4.3.1.');
}

function upText(report: StackReport, terminal: Terminal): string {
  if (report.processes.length === 0) return '';
  const variables = Object.entries(report.env).map(([name, value]) => `${name}=${value}\n`);
  return `${processTable(report, terminal)}\n${variables.join('')}`;
}

/** Addresses hold nothing that a shell would read as its own. */
function exports({ env }: StackReport): string {
  return Object.entries(env)
    .map(([name, value]) => `export ${name}='${value}'\n`)
    .join('');
}

function processTable({ processes }: StackReport, terminal: Terminal): string {
  return table(
    ['engine', 'process', 'port', 'pid', 'state'],
    processes.map(({ engine, name, port, pid, state }) => [engine, name, String(port), String(pid), state]),
    terminal,
  );
}
