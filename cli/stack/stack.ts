/**
 * The local stack: starts what is not running, leaves alone what is, and says how `seqcast up` reaches it. An engine that cannot be
 * started does not keep the others from it.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SequenceError } from '../../core/errors.ts';
import { isAlive, stop } from './detached-process.ts';
import { engineEnvironment } from './engine-environment.ts';
import { ENGINE_NAMES, type EngineName, type EngineProcess } from './engine-process.ts';
import { planEngine, type StackOptions } from './plan.ts';
import { start } from './starting.ts';
import { readState, type StackState, withStackLock, writeState } from './state-file.ts';

export interface StackProcess {
  readonly engine: EngineName;
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  /** `up` says whether it was `started` now or `running` before; `status` whether it is `running` or `dead`. */
  readonly state: 'started' | 'running' | 'dead';
}

export interface StackReport {
  readonly directory: string;
  /** What `seqcast up` needs to use it: SEQCAST_KAFKA and its like. */
  readonly env: Readonly<Record<string, string>>;
  readonly processes: readonly StackProcess[];
  /** Why an engine is not there. */
  readonly problems: readonly StackProblem[];
}

export interface StackProblem {
  readonly engine: EngineName;
  readonly code: string;
  readonly message: string;
}

/** Engines whose stop frees others to stop: brokers need each other to hand over, so all are asked at once. */
const STOP_SIGNALS: Readonly<Record<EngineName, NodeJS.Signals>> = {
  kafka: 'SIGTERM',
  redis: 'SIGTERM',
  etcd: 'SIGTERM',
  postgres: 'SIGINT',
};

export async function stackUp(asked: StackOptions): Promise<StackReport> {
  const options = { ...asked, directory: resolve(asked.directory) };
  return await withStackLock(options.directory, async () => {
    const state = await readState(options.directory);
    const problems: StackProblem[] = [];
    const planned = new Map<EngineName, readonly EngineProcess[]>();
    // One after the other, because they choose ports.
    for (const engine of options.engines) {
      await noteProblem(engine, problems, async () => void planned.set(engine, await planEngine(engine, options, state)));
    }
    writeState(options.directory, state);
    const started = new Set<string>();
    await Promise.all(
      [...planned].map(([engine, processes]) =>
        noteProblem(engine, problems, async () => await startEngine(processes, options, state, (name) => started.add(name))),
      ),
    );
    return await report(options.directory, state, problems, started);
  });
}

/** Ends every process of the stack; its data stays, unless `deleteData`. */
export async function stackDown(directory: string, { deleteData = false } = {}): Promise<StackReport> {
  const path = resolve(directory);
  if (!existsSync(path)) return { directory: path, env: {}, processes: [], problems: [] };
  return await withStackLock(path, async () => {
    const state = await readState(path);
    await Promise.all(Object.values(state.processes).map((process) => stop(process, STOP_SIGNALS[process.engine])));
    const ended = await report(path, state, []);
    for (const name of Object.keys(state.processes)) delete state.processes[name];
    writeState(path, state);
    if (deleteData) await rm(path, { recursive: true, force: true });
    return { ...ended, env: {} };
  });
}

export async function stackStatus(directory: string): Promise<StackReport> {
  const path = resolve(directory);
  return await report(path, await readState(path), []);
}

async function startEngine(
  processes: readonly EngineProcess[],
  { directory, progress }: StackOptions,
  state: StackState,
  onStarted: (name: string) => void,
): Promise<void> {
  // Together: a broker of three serves only when it sees the others, and a replica waits for its primary.
  const starts = processes.map(async (process) => {
    const { name, engine, port } = process;
    const known = state.processes[name];
    if (known !== undefined && (await isAlive(known)) && (await process.answers())) return;
    // Alive and silent is stuck: its replacement needs the port.
    if (known !== undefined) await stop(known, 'SIGKILL');
    const startMs = performance.now();
    await start(process, join(directory, 'logs'), (id) => {
      // Noted before it serves, so that `stack down` finds it whatever happens to this command.
      state.processes[name] = { ...id, engine, port };
      writeState(directory, state);
    });
    onStarted(name);
    progress(`${name}: serves port ${port} after ${((performance.now() - startMs) / 1_000).toFixed(1)} s`);
  });
  const results = await Promise.allSettled(starts);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function noteProblem(engine: EngineName, problems: StackProblem[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const code = error instanceof SequenceError ? error.code : 'SEQ_ENGINE_UNREACHABLE';
    // What was asked for contradicts what is there: nothing to do with one engine.
    if (code === 'SEQ_CONFIG_INVALID') throw error;
    problems.push({ engine, code, message: error instanceof Error ? error.message : String(error) });
  }
}

async function report(
  directory: string,
  state: StackState,
  problems: readonly StackProblem[],
  started: ReadonlySet<string> = new Set(),
): Promise<StackReport> {
  const processes: StackProcess[] = [];
  for (const [name, process] of Object.entries(state.processes)) {
    const { engine, port, pid } = process;
    processes.push({ engine, name, port, pid, state: !(await isAlive(process)) ? 'dead' : started.has(name) ? 'started' : 'running' });
  }
  processes.sort((a, b) => ENGINE_NAMES.indexOf(a.engine) - ENGINE_NAMES.indexOf(b.engine) || a.name.localeCompare(b.name));
  return { directory, env: engineEnvironment(processes.filter(({ state: each }) => each !== 'dead')), processes, problems };
}
