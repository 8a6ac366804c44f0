/** The completion script for fish: one line a word, each said where it may stand. */
import { isPath, placesOf, quoted } from './posix.ts';
import type { CompletedCommand, CompletedOption, Value } from './tree.ts';

export function fishScript(commands: readonly CompletedCommand[]): string {
  return `# Completion of seqcast for fish, written by \`seqcast completion fish\`.
function __seqcast_at
    set -l at
    for word in (commandline -opc)[2..-1]
        set -l longer (string join -- ' ' $at $word)
        switch $longer
            case ${placesOf(commands).join(' ')}
                set at $longer
        end
    end
    test "$at" = "$argv[1]"
end
complete -c seqcast -f
${commands.flatMap(commandLines).join('\n')}
`;
}

function commandLines({ at, children, options, argument }: CompletedCommand): string[] {
  const where = `complete -c seqcast -n "__seqcast_at ${quoted(at)}"`;
  return [
    ...children.map(({ name, text }) => `${where} -a ${name} -d ${quoted(text)}`),
    ...(typeof argument === 'string' ? [] : [`${where} -a ${quoted(argument.join(' '))}`]),
    ...(isPath(argument) ? [`${where}${replies(argument)}`] : []),
    ...options.map((option) => `${where}${optionText(option)}`),
  ];
}

function optionText({ names, text, value }: CompletedOption): string {
  const flags = names.map((name) => (name.startsWith('--') ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`));
  return `${flags.join('')}${value === 'none' ? '' : ` -r${replies(value)}`} -d ${quoted(text)}`;
}

function replies(value: Value): string {
  if (value === 'file') return ' -F';
  if (value === 'unknown') return ' -f';
  if (value === 'directory') return " -f -a '(__fish_complete_directories)'";
  return typeof value === 'string' ? '' : ` -f -a ${quoted(value.join(' '))}`;
}
