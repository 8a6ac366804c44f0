/** `seqcast next`: takes values and writes them one a line. */
import type { Command } from 'commander';
import { SequenceError } from '../../core/errors.ts';
import { COUNT_MAX } from '../../core/limits.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, ServerOptions } from '../cli-context.ts';
import { serverOptions } from '../command-options.ts';
import { callServer, path } from '../server-call.ts';

interface NextOptions extends ServerOptions {
  readonly number: number;
  readonly clientType?: string;
  readonly service?: string;
  readonly clientId?: string;
}

interface Block {
  readonly start: string;
  readonly count: number;
  readonly increment: string;
}

export function addNext(program: Command, cli: CliContext): void {
  const command = program
    .command('next')
    .argument('<name>')
    .description('Takes the next values and writes them one a line, as the sequence prints them.')
    .option('-n, --number <count>', `how many, at most ${COUNT_MAX}`, countOf, 1)
    .option('--client-type <type>', 'kind of caller (default: default)')
    .option('--service <service>', 'what the values are for (default: default)')
    .option('--client-id <id>', 'a registered client, instead of client type and service');
  serverOptions(command).action(async (name: string, { number: count, url, json, ...caller }: NextOptions) => {
    // Numbers are written out here, from blocks: above 1,000 the server would leave their list out.
    const body = { count, ...caller, ...(json !== true && { as: 'formatted' }) };
    const answer = (await callServer(cli, { url }, { method: 'POST', path: path`/v1/sequences/${name}/next`, body })) as {
      readonly blocks: readonly Block[];
      readonly formatted?: readonly string[];
    };
    const printed = answer.formatted?.map((each) => `${each}\n`) ?? answer.blocks.map(valuesText);
    writeAnswer(cli, { json }, answer, () => printed.join(''));
  });
}

function valuesText({ start, count, increment }: Block): string {
  const step = BigInt(increment);
  let value = BigInt(start);
  let text = '';
  for (let i = 0; i < count; i++, value += step) text += `${value}\n`;
  return text;
}

/** Judged here with the server's own words, so that nothing is asked in vain. */
function countOf(text: string): number {
  const count = Number(text);
  if (text.trim() !== '' && Number.isInteger(count) && count >= 1 && count <= COUNT_MAX) return count;
  throw new SequenceError('SEQ_INVALID_COUNT', `count ${JSON.stringify(text)} is not a whole number from 1 to ${COUNT_MAX}`);
}
