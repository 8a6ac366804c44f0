/**
 * Starts the engines that the test files of this run ask for, once for all of them, and ends them afterwards. A run of files that
 * name no engine starts none.
 *
 * An engine that the environment names already (SEQCAST_KAFKA, SEQCAST_REDIS, SEQCAST_ETCD, SEQCAST_POSTGRES) is used as it is. One
 * whose program is missing is reported as not available; with SEQCAST_REQUIRE_STACK=1 the run fails instead.
 */
import type { TestProject } from 'vitest/node';
import { ENGINE_NAMES, type EngineName } from '../../cli/stack/engine-process.ts';
import { stackDown, stackUp } from '../../cli/stack/stack.ts';
import type { EngineContext } from './engines.ts';
import { enginesNamedIn } from './named-engines.ts';
import { abandonRunDirectory, clearRunDirectory, createRunDirectory, JAR_DIRECTORY } from './run-directory.ts';

/** The last line before 4.0, still in use: the nightly run is on it, every other on the usual one. */
const OLDER_KAFKA = '3.9.2';
const BROKEN_OFF_BY: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const VARIABLES: Readonly<Record<EngineName, string>> = {
  kafka: 'SEQCAST_KAFKA',
  redis: 'SEQCAST_REDIS',
  etcd: 'SEQCAST_ETCD',
  postgres: 'SEQCAST_POSTGRES',
};

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  // Every project of the run calls this; the root's values reach them all.
  if (!project.isRootProject()) return undefined;
  const directory = createRunDirectory();
  const forget = abandonWhenBrokenOff(directory);
  const end = async () => {
    await stackDown(directory);
    await clearRunDirectory(directory);
    forget();
  };
  project.provide('engineDirectory', directory);
  const wanted = enginesNamedIn(project.vitest.state.getPaths());
  const given = Object.fromEntries(ENGINE_NAMES.flatMap((engine) => entry(engine, process.env[VARIABLES[engine]])));
  const missing = ENGINE_NAMES.filter((engine) => wanted.has(engine) && given[engine] === undefined);
  try {
    const env = missing.length === 0 ? {} : await startMissing(missing, directory);
    const started = Object.fromEntries(missing.flatMap((engine) => entry(engine, env[VARIABLES[engine]] ?? '')));
    project.provide('engines', { ...given, ...started });
  } catch (error) {
    await end();
    throw error;
  }
  return end;
}

/** Returns the addresses of those that started. */
async function startMissing(engines: readonly EngineName[], directory: string): Promise<Readonly<Record<string, string>>> {
  const { env, problems } = await stackUp({
    directory,
    engines,
    kafkaVersion: process.env.SEQCAST_NIGHTLY === '1' ? OLDER_KAFKA : undefined,
    jarDirectory: JAR_DIRECTORY,
    env: process.env,
    progress: (line) => (line.includes('Maven') ? console.log(line) : undefined),
  });
  const told = problems.map(({ engine, message }) => `${engine}: ${message}`);
  if (told.length > 0 && process.env.SEQCAST_REQUIRE_STACK === '1') throw new Error(`SEQCAST_REQUIRE_STACK=1, and ${told.join('\n')}`);
  for (const line of told) console.log(`tests are skipped that need ${line}`);
  return env;
}

/** Ctrl-C and its like end vitest without a tear-down. Returns what ends the watch. */
function abandonWhenBrokenOff(directory: string): () => void {
  const abandon = () => abandonRunDirectory(directory);
  const ended = (signal: NodeJS.Signals) => {
    forget();
    abandon();
    process.kill(process.pid, signal);
  };
  const forget = () => {
    process.off('exit', abandon);
    for (const signal of BROKEN_OFF_BY) process.off(signal, ended);
  };
  process.once('exit', abandon);
  for (const signal of BROKEN_OFF_BY) process.once(signal, ended);
  return forget;
}

/** An empty address means: wanted, and not to be had. */
function entry(engine: EngineName, address: string | undefined): [EngineName, EngineContext[EngineName] & string][] {
  return address === undefined ? [] : [[engine, address]];
}
