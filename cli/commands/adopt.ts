/** `seqcast adopt`: takes values out of another generator's counter, beside its old callers, until the cut-over or the way back. */
import { type Command, InvalidArgumentError } from 'commander';
import type { AdoptionView } from '../../workers/runtime/adoption/adoption-views.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, ServerOptions } from '../cli-context.ts';
import { serverOptions } from '../command-options.ts';
import { callServer, path } from '../server-call.ts';
import { table, timeText } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export function addAdopt(program: Command, cli: CliContext): void {
  const adopt = program
    .command('adopt')
    .summary('take values out of the counter of another generator')
    .description(
      "Takes values out of another generator's own counter, so that its old callers go on beside: `seqcast adopt orders --from ADDRESS`, which is `adopt add`.",
    );
  serverOptions(
    adopt
      .command('add', { isDefault: true })
      .argument('<name>', 'name of the sequence here')
      .description(
        'Adopts: values of the sequence come out of the counter from now on. Nothing of the counter is changed but how far it is.',
      )
      .requiredOption(
        '--from <address>',
        'postgres://user@host/db?sequence=NAME, or ?table=leaf_alloc&id=TAG, ?table=tiny_id_info&id=TYPE; mysql:// and mariadb:// for tables. Without a password: the server has it as SEQCAST_ADOPT_PASSWORD',
      ),
  ).action(async (name: string, { from, ...options }: ServerOptions & { readonly from: string }) => {
    const adopted = (await callServer(cli, options, { method: 'POST', path: '/v1/adoptions', body: { name, from } })) as AdoptionView;
    writeAnswer(cli, options, adopted, () => adoptedText(adopted));
  });
  serverOptions(adopt.command('list').description('Lists adoptions, those that are over too.')).action(async (options: ServerOptions) => {
    const answer = (await callServer(cli, options, { method: 'GET', path: '/v1/adoptions' })) as {
      readonly adoptions: readonly AdoptionView[];
    };
    writeAnswer(cli, options, answer, (terminal) => listText(answer.adoptions, terminal));
  });
  serverOptions(
    adopt
      .command('commit')
      .argument('<name>')
      .description('Cuts over: moves the counter beyond a stretch of values, and the sequence goes on with those by itself.')
      .option('--values <n>', 'how many (default: half of what the counter has left, at most 2^40)', countOf),
  ).action(async (sequence: string, { values, ...options }: ServerOptions & { readonly values?: number }) => {
    const body = values === undefined ? {} : { values };
    const committed = (await callServer(cli, options, {
      method: 'POST',
      path: path`/v1/adoptions/${sequence}/commit`,
      body,
    })) as AdoptionView;
    writeAnswer(cli, options, committed, () => committedText(committed));
  });
  serverOptions(
    adopt
      .command('abandon')
      .argument('<name>')
      .description('Goes back: the counter is beyond everything that was given out here, so its old callers just go on.'),
  ).action(async (sequence: string, options: ServerOptions) => {
    const left = (await callServer(cli, options, {
      method: 'POST',
      path: path`/v1/adoptions/${sequence}/abandon`,
      body: {},
    })) as AdoptionView;
    writeAnswer(cli, options, left, () => abandonedText(left));
  });
}

function adoptedText({ sequence, source, increment }: AdoptionView): string {
  return [
    `values of ${sequence} come out of ${source} from now on, in steps of ${increment}; its old callers go on beside`,
    `then: \`seqcast adopt commit ${sequence}\` once nobody needs the old one, or \`seqcast adopt abandon ${sequence}\` to go back`,
    '',
  ].join('\n');
}

function committedText({ sequence, source, goesOnFrom, goesOnTo }: AdoptionView): string {
  return [
    `${sequence} goes on by itself from ${goesOnFrom} to ${goesOnTo}`,
    `${source} stands beyond ${goesOnTo}: whoever still asks it gets other values`,
    '',
  ].join('\n');
}

function abandonedText({ sequence, source, drawn }: AdoptionView): string {
  return [
    `nothing of ${sequence} comes out of ${source} here any more: ask it as before`,
    `${drawn} values were drawn here; \`seqcast adopt list\` says how many of them were never given out`,
    '',
  ].join('\n');
}

function listText(adoptions: readonly AdoptionView[], terminal: Terminal): string {
  if (adoptions.length === 0) return 'nothing was ever adopted\n';
  const rows = adoptions.map(({ sequence, state, source, drawn, stock, burnt, adoptedAtMs, goesOnFrom = '', goesOnTo = '' }) => [
    sequence,
    state,
    source,
    String(drawn),
    String(stock),
    String(burnt),
    timeText(adoptedAtMs),
    goesOnFrom === '' ? '' : `${goesOnFrom}..${goesOnTo}`,
  ]);
  return table(['sequence', 'state', 'from', 'drawn', 'at hand', 'burnt', 'since', 'goes on with'], rows, terminal);
}

function countOf(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError('It is not a number of values.');
}
