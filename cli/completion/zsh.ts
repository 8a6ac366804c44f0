/** The completion script for zsh: what bash is told, with a line of explanation beside each word. */
import { type CompletedCommand, type CompletedOption, optionsByValue, type Value } from './tree.ts';

export function zshScript(commands: readonly CompletedCommand[]): string {
  const steps = commands.filter(({ at }) => at !== '').map(({ at }) => quoted(at));
  return `#compdef seqcast
# Completion of seqcast for zsh, written by \`seqcast completion zsh\`.
_seqcast() {
  local cur=\${words[CURRENT]} prev=\${words[CURRENT-1]} at= word
  local -a names options
  integer i
  for ((i = 2; i < CURRENT; i++)); do
    word="\${at:+$at }\${words[i]}"
    case $word in
      (${steps.join('|')}) at=$word ;;
    esac
  done
  case "$at $prev" in
${commands.flatMap(valueArms).join('\n')}
  esac
  case $at in
${commands.map(nextArm).join('\n')}
  esac
  if [[ $cur != -* ]] && (( $#names )); then _describe -t commands command names; return; fi
  _describe -o option options
}
if [[ $funcstack[1] == _seqcast ]]; then _seqcast "$@"; else compdef _seqcast seqcast; fi
`;
}

function valueArms({ at, options }: CompletedCommand): string[] {
  return optionsByValue(options).map(
    ({ names, value }) => `    (${names.map((name) => quoted(`${at} ${name}`)).join('|')}) ${replies(value)}return ;;`,
  );
}

function nextArm({ at, children, options, argument }: CompletedCommand): string {
  const names = [...children.map(({ name, text }) => described(name, text)), ...(typeof argument === 'string' ? [] : argument.map(quoted))];
  const paths = argument === 'file' || argument === 'directory' ? `; if [[ $cur != -* ]]; then ${replies(argument)}return; fi` : '';
  return `    (${quoted(at)}) names=(${names.join(' ')}) options=(${options.flatMap(optionWords).join(' ')})${paths} ;;`;
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

function quoted(text: string): string {
  return `'${text}'`;
}
