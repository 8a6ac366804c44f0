/** The completion script for bash: one function that follows the words typed so far, and a table of what may come next. */
import { type CompletedCommand, optionsByValue, type Value } from './tree.ts';

export function bashScript(commands: readonly CompletedCommand[]): string {
  const steps = commands.filter(({ at }) => at !== '').map(({ at }) => quoted(at));
  return `# Completion of seqcast for bash, written by \`seqcast completion bash\`.
_seqcast_paths() {
  # Names may hold spaces; bash before 4 has no compopt.
  local IFS=$'\\n'
  compopt -o filenames 2> /dev/null
  COMPREPLY=($(compgen "$1" -- "$cur"))
}
_seqcast() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at= word i names= options=
  COMPREPLY=()
  # bash takes --name=value apart at the equals sign.
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${at:+$at }\${COMP_WORDS[i]}"
    case $word in
      ${steps.join('|')}) at=$word ;;
    esac
  done
  case "$at $prev" in
${commands.flatMap(valueArms).join('\n')}
  esac
  case $at in
${commands.map(nextArm).join('\n')}
  esac
  if [[ $cur == -* || -z $names ]]; then names=$options; fi
  COMPREPLY=($(compgen -W "$names" -- "$cur"))
}
complete -F _seqcast seqcast
`;
}

/** What follows an option that takes a value: nothing else may. */
function valueArms({ at, options }: CompletedCommand): string[] {
  return optionsByValue(options).map(
    ({ names, value }) => `    ${names.map((name) => quoted(`${at} ${name}`)).join('|')}) ${replies(value)}return ;;`,
  );
}

function nextArm({ at, children, options, argument }: CompletedCommand): string {
  const words = [...children.map(({ name }) => name), ...(typeof argument === 'string' ? [] : argument)];
  const paths = argument === 'file' || argument === 'directory' ? ` if [[ $cur != -* ]]; then ${replies(argument)}return; fi;` : '';
  const flags = options.flatMap(({ names }) => names.filter((name) => name.startsWith('--')));
  return `    ${quoted(at)}) names=${quoted(words.join(' '))} options=${quoted(flags.join(' '))};${paths} ;;`.replace(/; ;;$/, ' ;;');
}

function replies(value: Value): string {
  if (value === 'file') return '_seqcast_paths -f; ';
  if (value === 'directory') return '_seqcast_paths -d; ';
  return typeof value === 'string' ? '' : `COMPREPLY=($(compgen -W ${quoted(value.join(' '))} -- "$cur")); `;
}

function quoted(text: string): string {
  return `'${text}'`;
}
