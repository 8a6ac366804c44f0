/** The reference page of the HTTP interface, drawn from the gateway's route table. */

import { COMPAT_ROUTES } from '../workers/gateway/compat/compat.ts';
import type { Route } from '../workers/gateway/context.ts';
import { ROUTES } from '../workers/gateway/route-table.ts';

const LISTED: readonly Route[] = [...ROUTES, ...COMPAT_ROUTES];

export function httpReference(): string {
  return [
    '# HTTP interface',
    '',
    '<!-- Written by `npm run docs` from workers/gateway/route-table.ts: change it there. -->',
    '',
    'JSON in and out; the running server shows the same as OpenAPI 3.1, to try out, at `/docs` (the document alone at `/docs/json`). Values',
    'are text, because JSON numbers lose digits above 2^53; where a value is sent, a number that has not lost any is understood too. A',
    'field that nobody knows is refused. Every refusal is `application/problem+json` with the [code](errors.md), whether a retry can help',
    '(`retriable`) and what to do (`whatToDo`); with 429 and 503 a `Retry-After` header says how long to wait. While the process drains,',
    'routes marked *intake* are refused with `SEQ_NOT_READY`.',
    '',
    ...[...new Set(LISTED.map(({ tag }) => tag))].flatMap((tag) => [
      `## ${tag[0]?.toUpperCase()}${tag.slice(1)}`,
      '',
      '| route | what it does | body | answer | refusals |',
      '|---|---|---|---|---|',
      ...LISTED.filter((route) => route.tag === tag).map(row),
      '',
    ]),
  ].join('\n');
}

function row({ method, path, summary, body, headers = {}, query = {}, answer, errors, intake }: Route): string {
  const required = (body?.schema.required ?? []) as readonly string[];
  const fields = Object.keys((body?.schema.properties ?? {}) as object).map((name) => `\`${name}\`${required.includes(name) ? '' : '?'}`);
  const others = [...Object.keys(query).map((name) => `query \`${name}\`?`), ...Object.keys(headers).map((name) => `header \`${name}\`?`)];
  const told = [...fields, ...others].join(', ');
  const refusals = errors.map((code) => `\`${code}\``).join(', ');
  return `| \`${method} ${path}\`${intake ? ' *intake*' : ''} | ${summary}. | ${told} | ${answer.status}: ${answer.description} | ${refusals} |`;
}
