/**
 * Where settings come from: flags over `SEQCAST_*` over `seqcast.config.json|yaml` over defaults. The only file that looks at the
 * environment. Whatever is wrong, in all of these places, is listed at once: nobody should mend one line to read of the next.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SequenceError } from '../../../core/errors.ts';
import type { Config, ConfigKey, ConfigOption } from './config-schema.ts';

export type { Config } from './config-schema.ts';
export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigSources {
  /** By key, as parsed by the command line: absent means not given. */
  readonly flags?: Readonly<Partial<Record<ConfigKey, unknown>>>;
  readonly env?: Environment;
  /** Named by `--config`; it must exist then. */
  readonly file?: string;
  /** Where `seqcast.config.*` is looked for. */
  readonly directory?: string;
}

export const CONFIG_FILES = ['seqcast.config.yaml', 'seqcast.config.yml', 'seqcast.config.json'] as const;
/** The process's own, for whoever hands one on. */
export const ENVIRONMENT: Environment = process.env;
export const DEFAULT_URL = 'http://127.0.0.1:7070';

interface Setting {
  readonly value: unknown;
  /** For messages: `--port`, `SEQCAST_PORT`, `seqcast.config.yaml`. */
  readonly from: string;
}

/** The address of the running server. Without zod: commands that only ask for a value should start at once. */
export function serverUrl(flag: string | undefined, env: Environment = ENVIRONMENT): string {
  return flag ?? env.SEQCAST_URL ?? DEFAULT_URL;
}

export async function loadConfig(sources: ConfigSources = {}): Promise<Config> {
  // Loaded here, not above: the schema library takes longer to load than most commands take to answer.
  const { CONFIG_OPTIONS, CONFIG_SCHEMA } = await import('./config-schema.ts');
  const { flags = {}, env = ENVIRONMENT } = sources;
  const problems: string[] = [];
  const fromFile = await readConfigFile(sources, env, problems);

  const settings = new Map<string, Setting>();
  for (const [key, value] of Object.entries(fromFile.values)) settings.set(key, { value, from: fromFile.name });
  for (const option of CONFIG_OPTIONS) {
    const { key, variable, flag } = option;
    const text = env[variable];
    // An empty variable is how many tools spell "not set".
    if (text !== undefined && text !== '') settings.set(key, { value: fromText(text, option), from: variable });
    const given = flags[key];
    if (given !== undefined) settings.set(key, { value: typeof given === 'string' ? fromText(given, option) : given, from: flag });
  }

  const checked = CONFIG_SCHEMA.safeParse(Object.fromEntries([...settings].map(([key, { value }]) => [key, value])));
  for (const issue of checked.error?.issues ?? []) {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : [String(issue.path[0])];
    for (const key of keys) problems.push(problemText(key, settings.get(key), issue, CONFIG_OPTIONS));
  }
  if (problems.length > 0 || !checked.success) throw new SequenceError('SEQ_CONFIG_INVALID', problems.join('\n'), { problems });
  return checked.data;
}

async function readConfigFile(
  sources: ConfigSources,
  env: Environment,
  problems: string[],
): Promise<{ readonly name: string; readonly values: Readonly<Record<string, unknown>> }> {
  const name = sources.file ?? env.SEQCAST_CONFIG ?? foundConfigFile(sources.directory ?? '.', problems);
  if (name === undefined) return { name: '', values: {} };
  try {
    const text = readFileSync(name, 'utf8');
    const values: unknown = name.endsWith('.json') ? JSON.parse(text) : (await import('yaml')).parse(text);
    // A file of comments only says nothing, and that is not an error.
    if (values === null) return { name, values: {} };
    if (typeof values === 'object' && !Array.isArray(values)) return { name, values: { ...values } };
    problems.push(`${name}: is not a list of settings`);
  } catch (error) {
    problems.push(`${name}: ${error instanceof Error ? firstLine(error.message) : String(error)}`);
  }
  return { name, values: {} };
}

function foundConfigFile(directory: string, problems: string[]): string | undefined {
  const found = CONFIG_FILES.map((name) => join(directory, name)).filter((path) => existsSync(path));
  if (found.length > 1) problems.push(`${found.join(' and ')} both exist: keep one, or name it with --config`);
  return found[0];
}

/** Flags and variables are text; what is not what it should be stays as it is, so that the message shows it. */
function fromText(text: string, { isNumber, isBoolean }: ConfigOption): unknown {
  if (isNumber && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (isBoolean && (text === 'true' || text === '1')) return true;
  if (isBoolean && (text === 'false' || text === '0')) return false;
  return text;
}

/** What may hold a password is not repeated in messages, which end up in logs. */
const HOLDS_SECRET = /password|secret|adminKey|postgres|redis$/i;

interface Issue {
  readonly code?: string | undefined;
}

function problemText(key: string, setting: Setting | undefined, issue: Issue, options: readonly ConfigOption[]): string {
  const where =
    setting === undefined
      ? key
      : setting.from.startsWith('-') || setting.from.startsWith('SEQCAST_')
        ? setting.from
        : `${setting.from}: ${key}`;
  const option = options.find((each) => each.key === key);
  if (option === undefined || issue.code === 'unrecognized_keys')
    return `${where} is not a setting: known are ${options.map((each) => each.key).join(', ')}`;
  const value = HOLDS_SECRET.test(key) ? 'given' : (JSON.stringify(setting?.value) ?? 'missing');
  // Kubernetes sets SEQCAST_PORT=tcp://… in every pod beside a service of our name; nobody would guess that from the value.
  const hint =
    typeof setting?.value === 'string' && setting.value.startsWith('tcp://')
      ? ' (set by Kubernetes for a service called seqcast: use enableServiceLinks: false)'
      : '';
  return `${where} is ${value}, should be ${option.kind}${hint}`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
