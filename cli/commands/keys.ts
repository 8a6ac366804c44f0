/** `keys create`, `keys list`, `keys revoke`: who may do what, and how much; and `audit-log`, who did what. */
import type { Command } from 'commander';
import type { AuditEntry } from '../../workers/gateway/security/audit-file.ts';
import type { KeyView } from '../../workers/gateway/security/key-book.ts';
import { writeAnswer } from '../answer.ts';
import type { CliContext, ServerOptions } from '../cli-context.ts';
import { serverOptions } from '../command-options.ts';
import { callServer, path } from '../server-call.ts';
import { table, timeText } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface KeyOptions extends ServerOptions {
  readonly dataDir?: string;
}

interface CreateOptions extends KeyOptions {
  readonly scope: readonly string[];
  readonly quota: readonly string[];
}

interface MadeKey {
  readonly token: string;
  readonly key: KeyView;
}

const STOPPED = 'directory of a server that is stopped, instead of asking a running one';

export function addKeys(program: Command, cli: CliContext): void {
  const keys = program.command('keys').description('API keys: what each may do with which sequences, and how many values it may take.');
  serverOptions(
    keys
      .command('create')
      .argument('<name>', 'whose key it is')
      .description('Makes a key and shows its secret, once: it is kept nowhere.')
      .requiredOption(
        '--scope <verb:pattern>',
        'what it may do: next, reserve, read, admin, operate; as next:acme.* (may be repeated)',
        added,
        [],
      )
      .option('--quota <pattern=values/period>', 'values an hour, day or month, as acme.*=1000000/day (may be repeated)', added, [])
      .option('--data-dir <dir>', STOPPED),
  ).action(async (name: string, { scope: scopes, quota: quotas, dataDir, ...options }: CreateOptions) => {
    const asked = { name, scopes, quotas };
    const made = await (dataDir === undefined
      ? callServer(cli, options, { method: 'POST', path: '/v1/keys', body: asked })
      : inStopped(dataDir, (stopped) => stopped.create(asked)));
    writeAnswer(cli, options, made, () => madeText(made as MadeKey));
  });
  serverOptions(keys.command('list').description('Lists keys, without what proves them.').option('--data-dir <dir>', STOPPED)).action(
    async ({ dataDir, ...options }: KeyOptions) => {
      const answer = await (dataDir === undefined
        ? callServer(cli, options, { method: 'GET', path: '/v1/keys' })
        : inStopped(dataDir, async (stopped) => ({ keys: stopped.list() })));
      writeAnswer(cli, options, answer, (terminal) => listText((answer as { keys: readonly KeyView[] }).keys, terminal));
    },
  );
  serverOptions(
    keys
      .command('revoke')
      .argument('<key>', 'id or name of the key')
      .description('Revokes a key: it is refused from now on.')
      .option('--data-dir <dir>', STOPPED),
  ).action(async (key: string, { dataDir, ...options }: KeyOptions) => {
    await (dataDir === undefined
      ? callServer(cli, options, { method: 'DELETE', path: path`/v1/keys/${key}` })
      : inStopped(dataDir, (stopped) => stopped.revoke(key)));
    writeAnswer(cli, options, { revoked: key }, () => `key ${key} is revoked\n`);
  });
  serverOptions(
    program
      .command('audit-log')
      .description('Shows administrative acts of the server, newest first: who, what, when, from where, and how each ended.')
      .option('--limit <n>', 'how many', '100'),
  ).action(async ({ limit, ...options }: ServerOptions & { readonly limit: string }) => {
    const answer = await callServer(cli, options, { method: 'GET', path: `/v1/audit-log?limit=${encodeURIComponent(limit)}` });
    writeAnswer(cli, options, answer, (terminal) => actsText((answer as { entries: readonly AuditEntry[] }).entries, terminal));
  });
}

/** Loaded only then: most keys are made by a running server. */
async function inStopped<T>(dataDir: string, act: (stopped: import('../stopped-keys.ts').StoppedKeys) => Promise<T>): Promise<T> {
  const { withStoppedKeys } = await import('../stopped-keys.ts');
  return withStoppedKeys(dataDir, act);
}

function added(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function madeText({ token, key }: MadeKey): string {
  const quotas = key.quotas.length === 0 ? '' : `, at most ${key.quotas.join(', ')}`;
  return `${token}\nkey ${key.name} (${key.id}) may ${key.scopes.join(', ')}${quotas}; the line above is shown this once\n`;
}

function listText(keys: readonly KeyView[], terminal: Terminal): string {
  if (keys.length === 0) return 'there is no API key\n';
  const rows = keys.map(({ id, name, scopes, quotas, createdAtMs, createdBy }) => [
    id,
    name,
    scopes.join(' '),
    quotas.join(' '),
    timeText(createdAtMs),
    createdBy,
  ]);
  return table(['id', 'name', 'may', 'at most', 'made at', 'by'], rows, terminal);
}

function actsText(entries: readonly AuditEntry[], terminal: Terminal): string {
  if (entries.length === 0) return 'nothing was done yet\n';
  const rows = entries.map(({ at, who, from, act, on, outcome }) => [at, who, from, act, Object.values(on).join(' '), outcome]);
  return table(['at', 'who', 'from', 'act', 'on', 'outcome'], rows, terminal);
}
