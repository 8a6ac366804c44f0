/** `seqcast completion`: a script by which a shell completes commands, options and their values; drawn from the program itself. */
import { Argument, type Command } from 'commander';
import { writeAnswer } from '../answer.ts';
import type { CliContext, JsonOption } from '../cli-context.ts';
import { jsonOption } from '../command-options.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export function addCompletion(program: Command, cli: CliContext): void {
  const command = program
    .command('completion')
    .summary('write a completion script for a shell')
    .description('Writes a script by which a shell completes commands, options and file names.')
    .addArgument(new Argument('<shell>', 'whose').choices(SHELLS));
  jsonOption(command).action(async (shell: (typeof SHELLS)[number], { json }: JsonOption) => {
    const { completedCommands } = await import('../completion/tree.ts');
    const { bashScript } = await import('../completion/bash.ts');
    const { fishScript } = await import('../completion/fish.ts');
    const { zshScript } = await import('../completion/zsh.ts');
    const script = { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](completedCommands(program));
    writeAnswer(cli, { json }, { shell, script }, () => script);
  });
}
