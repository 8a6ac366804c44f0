/** The reference page of the settings, drawn from the schema in workers/runtime/process/config-schema.ts. */
import { CONFIG_FILES } from '../workers/runtime/process/config.ts';
import { CONFIG_OPTIONS } from '../workers/runtime/process/config-schema.ts';

export function configReference(): string {
  const rows = CONFIG_OPTIONS.map(({ key, flag, variable, kind, fallback, description }) => {
    return `| \`${key}\` | \`${flag}\` | \`${variable}\` | ${kind} | ${fallback === undefined ? '' : `\`${fallback}\``} | ${description} |`;
  });
  return [
    '# Settings',
    '',
    '<!-- Written by `npm run docs` from workers/runtime/process/config-schema.ts: change it there. -->',
    '',
    'What `seqcast up` can be told. A flag wins over its environment variable, the variable over the configuration file, the file over',
    `the default. The file is the one named by \`--config\` or \`SEQCAST_CONFIG\`, else \`${CONFIG_FILES.join('`, `')}\` in the`,
    'working directory, where there is one; `seqcast init` writes one with every default. Whatever is wrong, in all of these places,',
    'is listed at once with `SEQ_CONFIG_INVALID`, and nothing starts.',
    '',
    '| in the file | flag | variable | kind | default | what it is for |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    'Two more variables: `SEQCAST_URL` is where commands look for the running server, `SEQCAST_CONFIG` names the configuration file.',
    '',
    'In Kubernetes, a Service called `seqcast` sets `SEQCAST_PORT=tcp://…` in the pods beside it: switch that off with',
    '`enableServiceLinks: false`, or give the Service another name.',
    '',
  ].join('\n');
}
