/** The reference page of the error codes, drawn from the catalogue in core/errors.ts. */
import { ERROR_CATALOGUE, ERROR_CODES } from '../core/errors.ts';

export function errorReference(): string {
  const rows = ERROR_CODES.map((code) => {
    const { retriable, httpStatus, when, whatToDo } = ERROR_CATALOGUE[code];
    return `| \`${code}\` | ${httpStatus} | ${retriable ? 'yes' : 'no'} | ${cell(when)} | ${cell(whatToDo)} |`;
  });
  return [
    '# Errors',
    '',
    '<!-- Written by `npm run docs` from core/errors.ts: change it there. -->',
    '',
    'Every error carries one of these codes: in `SequenceError.code`, in the `code` of an HTTP answer (`application/problem+json`), and',
    'in what the command line prints, with or without `--json`. Branch on the code, not on the message. Where *retry* says yes, the',
    'same call may succeed a moment later.',
    '',
    '| code | HTTP status | retry | thrown when | what to do |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** A bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
