/** `seqcast init`: writes a configuration file that says every default, commented out. */
import { existsSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { SequenceError } from '../../core/errors.ts';
import { CONFIG_FILES } from '../../workers/runtime/process/config.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, JsonOption } from '../cli-context.ts';
import { jsonOption } from '../command-options.ts';

export function addInit(program: Command, cli: CliContext): void {
  const command = program
    .command('init')
    .argument('[file]', 'where to write it', CONFIG_FILES[0])
    .description('Writes a configuration file with every setting and its default, commented out; as .json without comments.')
    .option('--force', 'replace a file that exists');
  jsonOption(command).action(async (file: string, { json, force }: JsonOption & { readonly force?: boolean }) => {
    if (existsSync(file) && force !== true)
      throw new SequenceError('SEQ_CONFIG_INVALID', `${file} exists already: name another file, or use --force`);
    const { configJson, configTemplate } = await import('../config-template.ts');
    writeFileSync(file, file.endsWith('.json') ? configJson() : configTemplate());
    writeAnswer(cli, { json }, { file }, () => `wrote ${file}\n`);
  });
}
