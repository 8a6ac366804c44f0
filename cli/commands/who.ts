/** `seqcast who`: who got a value. Asks the running server, or reads a data directory whose server is stopped. */
import type { Command } from 'commander';
import { SequenceError } from '../../core/errors.ts';
import { askedValue } from '../../workers/runtime/ledger/value-owner.ts';
import type { ValueHolder, ValueOwner } from '../../workers/runtime/service/service.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, ServerOptions } from '../cli-context.ts';
import { serverOptions } from '../command-options.ts';
import { callServer, path } from '../server-call.ts';
import { fields, timeText } from '../table.ts';

interface WhoOptions extends ServerOptions {
  readonly dataDir?: string;
  readonly exportDir?: string;
}

export function addWho(program: Command, cli: CliContext): void {
  const command = program
    .command('who')
    .argument('<name>')
    .argument('<value>', 'a value of the sequence, or a number as it was printed')
    .description('Says who got a value: stream, shard, pool and when.')
    .option('--data-dir <dir>', 'read this directory, whose server is stopped')
    .option('--export-dir <dir>', 'where `seqcast ledger trim` has put what it cut off that directory');
  serverOptions(command).action(async (name: string, value: string, { dataDir, exportDir, ...options }: WhoOptions) => {
    if (dataDir === undefined && exportDir !== undefined) throw new SequenceError('SEQ_CONFIG_INVALID', '--export-dir needs --data-dir');
    const owner = dataDir === undefined ? await askServer(cli, options, name, value) : await readDirectory(dataDir, exportDir, name, value);
    writeAnswer(cli, options, owner, () => ownerText(owner));
  });
}

async function askServer(cli: CliContext, options: ServerOptions, name: string, value: string): Promise<ValueOwner> {
  return (await callServer(cli, options, { method: 'GET', path: path`/v1/sequences/${name}/values/${value}` })) as ValueOwner;
}

async function readDirectory(dataDir: string, exportDir: string | undefined, name: string, value: string): Promise<ValueOwner> {
  const { withStoppedDirectory } = await import('../stopped-directory.ts');
  return await withStoppedDirectory(dataDir, ({ who }) => who(name, askedValue(value)), { exportDir });
}

function ownerText({ allocatedAtMs, issuedFromMs, issuedToMs, holder, formerHolders = [], ...owner }: ValueOwner): string {
  const issued = issuedToMs === undefined ? {} : { issued: `between ${timeText(issuedFromMs)} and ${timeText(issuedToMs)}` };
  const held = holder === undefined ? {} : { holder: holderText(holder) };
  const before = formerHolders.length === 0 ? {} : { before: formerHolders.map(holderText).join('; ') };
  return fields({ ...owner, allocated: timeText(allocatedAtMs), ...issued, ...held, ...before });
}

function holderText({ reservation, state, owner, key, reservedAtMs, endedAtMs, endedBy, because }: ValueHolder): string {
  const named = key === undefined ? owner : `${owner}, key ${key}`;
  const by = endedBy === undefined ? '' : ` by ${endedBy}`;
  const why = because === undefined ? '' : ` (${because})`;
  const ended = endedAtMs === undefined ? '' : `, ${state} ${timeText(endedAtMs)}${by}${why}`;
  return `${named}, reserved ${timeText(reservedAtMs)}${ended}, as ${reservation}`;
}
