/**
 * Fetches the jars of a Kafka version through Maven, once. They are fetched into a folder of another name that is renamed when it is
 * complete, so that an interrupted download is never taken for a whole one.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SequenceError } from '../../core/errors.ts';
import type { Environment } from '../../workers/runtime/process/config.ts';
import { findProgram } from './programs.ts';

export const KAFKA_VERSION = '4.3.1';

const POM = fileURLToPath(new URL('kafka/pom.xml', import.meta.url));
/** 45 MB and a plugin or two: minutes on a slow line. */
const DOWNLOAD_TIMEOUT_MS = 600_000;
const MAVEN_ERROR = '[ERROR]';

export interface JarOptions {
  readonly version: string;
  /** Holds one folder a version. */
  readonly directory: string;
  readonly env: Environment;
  progress(line: string): void;
}

/** Resolves with the folder of jars. */
export async function kafkaJars({ version, directory, env, progress }: JarOptions): Promise<string> {
  const home = join(directory, `kafka-${version}`);
  const jars = join(home, 'lib');
  if (existsSync(jars)) return jars;
  const mvn = findProgram('mvn', env);
  await mkdir(home, { recursive: true });
  progress(`Kafka ${version}: Maven fetches about 45 MB, this once`);
  const partial = await mkdtemp(join(home, 'lib-'));
  try {
    // -U: a failure of an earlier day is not remembered.
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`, `-Dkafka.version=${version}`];
    await promisify(execFile)(mvn, ['-q', '-B', '-U', '-Dstyle.color=never', '-f', POM, ...goal], { timeout: DOWNLOAD_TIMEOUT_MS, env });
    await rename(partial, jars).catch((error: unknown) => {
      // Somebody else was faster, with the same files.
      if (!existsSync(jars)) throw error;
    });
  } catch (error) {
    const { stdout = '', message } = error as { readonly stdout?: string; readonly message: string };
    // The first line says what is wrong; those after it say how to ask Maven for more.
    const why = stdout.split('\n').find((line) => line.includes(MAVEN_ERROR)) ?? message;
    throw new SequenceError(
      'SEQ_ENGINE_UNREACHABLE',
      `Maven could not fetch Kafka ${version}: ${(why.split(MAVEN_ERROR)[1] ?? why).trim()}`,
      {},
      { cause: error },
    );
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return jars;
}
