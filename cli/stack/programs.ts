/** Finds the programs of the engines on this machine, and says which package brings one that is missing. */
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SequenceError } from '../../core/errors.ts';
import type { Environment } from '../../workers/runtime/process/config.ts';

interface Package {
  readonly apt: string;
  readonly brew: string;
  /** Where a package puts it beside the PATH; `*` stands for a version. */
  readonly folders?: readonly string[];
}

const PACKAGES = {
  java: {
    apt: 'openjdk-17-jre-headless',
    brew: 'openjdk@17',
    folders: ['/opt/homebrew/opt/openjdk@17/bin', '/usr/local/opt/openjdk@17/bin'],
  },
  mvn: { apt: 'maven', brew: 'maven' },
  'redis-server': { apt: 'redis-server', brew: 'redis' },
  'redis-cli': { apt: 'redis-tools', brew: 'redis' },
  etcd: { apt: 'etcd-server', brew: 'etcd' },
  postgres: {
    apt: 'postgresql',
    brew: 'postgresql@15',
    // Debian keeps the server's programs off the PATH, one folder a version.
    folders: ['/usr/lib/postgresql/*/bin', '/opt/homebrew/opt/postgresql@*/bin', '/usr/local/opt/postgresql@*/bin'],
  },
} as const satisfies Record<string, Package>;

export type ProgramName = keyof typeof PACKAGES;

/** The path of a program. Throws SEQ_ENGINE_UNREACHABLE, with the package to install, where there is none. */
export function findProgram(name: ProgramName, env: Environment): string {
  const { apt, brew, folders = [] }: Package = PACKAGES[name];
  const javaHome = name === 'java' && env.JAVA_HOME ? [join(env.JAVA_HOME, 'bin')] : [];
  const onPath = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of [...javaHome, ...onPath, ...folders.flatMap(versionsOf)]) {
    const path = join(folder, name);
    if (isExecutable(path)) return path;
  }
  const message = `${name} is not installed: \`apt-get install ${apt}\` (Debian, Ubuntu) or \`brew install ${brew}\` (macOS)`;
  throw new SequenceError('SEQ_ENGINE_UNREACHABLE', message, { program: name, apt, brew });
}

/** The folders that a pattern stands for, the newest version first. */
function versionsOf(pattern: string): string[] {
  const [before, after] = pattern.split('*');
  if (before === undefined || after === undefined) return [pattern];
  const parent = before.slice(0, before.lastIndexOf('/'));
  const start = before.slice(parent.length + 1);
  try {
    const versions = readdirSync(parent).filter((entry) => entry.startsWith(start));
    const number = (entry: string) => Number.parseFloat(entry.slice(start.length)) || 0;
    return versions.sort((a, b) => number(b) - number(a)).map((entry) => `${parent}/${entry}${after}`);
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
