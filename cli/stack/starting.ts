/** Starts a process of an engine and waits until it serves. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SequenceError } from '../../core/errors.ts';
import { isAlive, logTail, type ProcessId, startDetached, stop } from './detached-process.ts';
import type { EngineProcess } from './engine-process.ts';

/** Answers come within milliseconds; asking more often would only take processor from the engine that starts. */
const POLL_MS = 50;
const LINES_SHOWN = 3;

/** Resolves when it serves. Throws SEQ_ENGINE_UNREACHABLE, with the end of its log, where it does not, and leaves nothing running. */
export async function start(engine: EngineProcess, logDirectory: string, started?: (id: ProcessId) => void): Promise<ProcessId> {
  await mkdir(logDirectory, { recursive: true });
  const logFile = join(logDirectory, `${engine.name}.log`);
  await engine.prepare();
  const id = await startDetached(engine.command(), logFile);
  started?.(id);
  const end = performance.now() + engine.startTimeoutMs;
  while (!(await engine.isHealthy())) {
    const hasEnded = !(await isAlive(id));
    if (hasEnded || performance.now() > end) {
      await stop(id, 'SIGKILL');
      const how = hasEnded ? 'ended while it started' : `did not serve within ${engine.startTimeoutMs / 1_000} s`;
      throw new SequenceError('SEQ_ENGINE_UNREACHABLE', `${engine.name} ${how}; ${await reason(logFile)}`, { log: logFile });
    }
    await sleep(POLL_MS);
  }
  // Somebody else may answer at that port, and ours have ended because of it.
  if (!(await isAlive(id)))
    throw new SequenceError('SEQ_PORT_IN_USE', `another process serves port ${engine.port}, which ${engine.name} was to have`);
  return id;
}

async function reason(logFile: string): Promise<string> {
  const tail = await logTail(logFile);
  if (tail.includes('UnsupportedClassVersionError')) return 'Java 17 or later is needed (JAVA_HOME says which one is used)';
  const lines = tail.split('\n');
  // What a log calls an error says more than what happens to stand last, such as the frames of a stack.
  const errors = lines.filter((line) => /\b(ERROR|FATAL)\b/.test(line));
  return `see ${logFile}: ${(errors.length > 0 ? errors : lines).slice(-LINES_SHOWN).join('\n')}`;
}
