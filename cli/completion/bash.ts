/** The completion script for bash: one function that follows the words typed so far, and a table of what may come next. */
import { followedWords, isPath, quoted } from './posix.ts';
import type { CompletedCommand, Value } from './tree.ts';

export function bashScript(commands: readonly CompletedCommand[]): string {
  const body = followedWords(commands, { words: 'COMP_WORDS', first: 1, current: 'COMP_CWORD', replies, next });
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
${body}
  if [[ $cur == -* || -z $names ]]; then names=$options; fi
  COMPREPLY=($(compgen -W "$names" -- "$cur"))
}
complete -F _seqcast seqcast
`;
}

function next({ children, options, argument }: CompletedCommand): string {
  const words = [...children.map(({ name }) => name), ...(typeof argument === 'string' ? [] : argument)];
  const paths = isPath(argument) ? `; if [[ $cur != -* ]]; then ${replies(argument)}return; fi` : '';
  const flags = options.flatMap(({ names }) => names.filter((name) => name.startsWith('--')));
  return `names=${quoted(words.join(' '))} options=${quoted(flags.join(' '))}${paths}`;
}

function replies(value: Value): string {
  if (value === 'file') return '_seqcast_paths -f; ';
  if (value === 'directory') return '_seqcast_paths -d; ';
  return typeof value === 'string' ? '' : `COMPREPLY=($(compgen -W ${quoted(value.join(' '))} -- "$cur")); `;
}
