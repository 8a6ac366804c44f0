/** The completion script for zsh: what bash is told, with a line of explanation beside each word. */
import { followedWords, isPath, quoted } from './posix.ts';
import type { CompletedCommand, CompletedOption, Value } from './tree.ts';

export function zshScript(commands: readonly CompletedCommand[]): string {
  const body = followedWords(commands, { words: 'words', first: 2, current: 'CURRENT', replies, next });
  return `#compdef seqcast
# Completion of seqcast for zsh, written by \`seqcast completion zsh\`.
_seqcast() {
  local cur=\${words[CURRENT]} prev=\${words[CURRENT-1]} at= word
  local -a names options
  integer i
${body}
  if [[ $cur != -* ]] && (( $#names )); then _describe -t commands command names; return; fi
  _describe -o option options
}
if [[ $funcstack[1] == _seqcast ]]; then _seqcast "$@"; else compdef _seqcast seqcast; fi
`;
}

function next({ children, options, argument }: CompletedCommand): string {
  const names = [...children.map(({ name, text }) => described(name, text)), ...(typeof argument === 'string' ? [] : argument.map(quoted))];
  const paths = isPath(argument) ? `; if [[ $cur != -* ]]; then ${replies(argument)}return; fi` : '';
  return `names=(${names.join(' ')}) options=(${options.flatMap(optionWords).join(' ')})${paths}`;
}

function optionWords({ names, text }: CompletedOption): string[] {
  return names.filter((name) => name.startsWith('--')).map((name) => described(name, text));
}

function replies(value: Value): string {
  if (value === 'file') return '_files; ';
  if (value === 'directory') return '_files -/; ';
  return typeof value === 'string' ? '' : `compadd -- ${value.join(' ')}; `;
}

function described(word: string, text: string): string {
  return quoted(`${word}:${text}`);
}
