/** `seqcast import`: creates the sequence that goes on where one of a database stands, and says what is left to do. */
import { type Command, InvalidArgumentError } from 'commander';
import { checkName } from '../../core/sequence.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, ServerOptions } from '../cli-context.ts';
import { serverOptions } from '../command-options.ts';
import type { Successor } from '../import/successor.ts';
import { callServer, SERVER_TIMEOUT_MS } from '../server-call.ts';
import { type Step, whileWaiting } from '../waiting.ts';

interface Flags extends ServerOptions {
  readonly name?: string;
  readonly margin?: number;
  readonly dryRun?: true;
}

interface Imported {
  readonly name: string;
  readonly source: string;
  readonly last: string;
  readonly block: number;
  readonly margin: number;
  readonly created: boolean;
  readonly start: string;
  readonly increment: string;
  readonly min: string;
  readonly max: string;
  readonly cycle: boolean;
  /** Values that the other one gave out while this was done; absent for a dry run. */
  readonly movedSince?: string;
}

export function addImport(program: Command, cli: CliContext): void {
  const command = program
    .command('import')
    .summary('go on where a sequence of a database stands')
    .description(
      'Reads a sequence, AUTO_INCREMENT or counter row of PostgreSQL, MariaDB or MySQL, and creates a sequence that begins beyond everything it may have given out. It never writes to what it reads.',
    )
    .argument('<source>', 'what to read, such as postgres://user@host/db?sequence=public.orders_id_seq')
    .option('--name <name>', 'name of the new sequence (default: the name of the old one)')
    .option(
      '--margin <values>',
      'values to leave out for those who still ask the old one (default: 100 of its blocks, at least 1000)',
      countOf,
    )
    .option('--dry-run', 'say what would be created, and create nothing');
  serverOptions(command).action(async (source: string, flags: Flags) => {
    const imported = await whileWaiting(cli.err, (step) => take(cli, source, flags, step));
    writeAnswer(cli, flags, imported, () => importedText(imported));
  });
}

async function take(cli: CliContext, url: string, flags: Flags, step: Step): Promise<Imported> {
  const steps = flags.dryRun === true ? 2 : 4;
  step(`step 1 of ${steps}, connects to the database`);
  const [{ openSource }, { observedAddress }, { defaultMargin, successorOf }] = await Promise.all([
    import('../observe/source-of-url.ts'),
    import('../../adapters/counters/observed-address.ts'),
    import('../import/successor.ts'),
  ]);
  const source = await openSource(url);
  try {
    const { words } = observedAddress(url);
    const name = flags.name ?? (words.sequence ?? words.id ?? words.table ?? '').split('.').at(-1) ?? '';
    checkName('sequence', name);
    step(`step 2 of ${steps}, reads the sequence`);
    const reading = await source.read();
    const successor = successorOf(reading, flags.margin ?? defaultMargin(reading), source.shown);
    const facts = { name, source: source.shown, block: reading.block, ...textsOf(successor) };
    if (flags.dryRun === true) return { ...facts, created: false };
    const { start, increment, min, max, cycle } = facts;
    step(`step 3 of ${steps}, creates its successor`, SERVER_TIMEOUT_MS);
    await callServer(cli, flags, { method: 'POST', path: '/v1/sequences', body: { name, start, increment, min, max, cycle } });
    step(`step 4 of ${steps}, reads the sequence again`);
    const { position } = await source.read();
    return { ...facts, created: true, movedSince: String(position - reading.position) };
  } finally {
    await source.close();
  }
}

/** JSON numbers lose digits above 2^53. */
function textsOf({ last, margin, attributes }: Successor) {
  const { start, increment, min, max, cycle } = attributes;
  const texts = { start: String(start), increment: String(increment), min: String(min), max: String(max) };
  return { last: String(last), margin, ...texts, cycle };
}

function importedText({ name, source, last, block, margin, created, start, increment, min, max, cycle, movedSince }: Imported): string {
  const bounds = `${start}, step ${increment}, within ${min}..${max}, ${cycle ? 'cycling' : 'not cycling'}`;
  return [
    `${source} may have given out everything up to ${last}${block > 1 ? `, ${block} at a time` : ''}; it was only read.`,
    created ? `created sequence ${name}: ${bounds}` : `would create sequence ${name}: ${bounds}`,
    `${margin} values between ${last} and ${start} are left out, for those who still ask the old one.`,
    ...(movedSince === undefined ? [] : [`It gave out ${movedSince} of them while this was done.`]),
    '',
    'What is left to do:',
    `1. Move every writer: \`seqcast next ${name}\`, or one of the clients.`,
    `2. Nobody may ask the old one for more than ${margin} values from now on; then take the right to use it away.`,
    '3. Run this again with --dry-run: the old one must stand below the start above. If it does not, values may have been given out twice.',
    '',
  ].join('\n');
}

function countOf(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError('It is not a number of values.');
}
