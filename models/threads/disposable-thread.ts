/**
 * Work that may never end, or may break its engine for good (a fit in WebAssembly cannot be interrupted, and one overflow of its
 * stack spoils every later call), in a thread that can be thrown away: one task at a time, each with a limit of time. A thread
 * that takes longer, dies or says that it failed is replaced, and so is one that has done its share.
 */
import { existsSync } from 'node:fs';
import { clearTimeout, setTimeout } from 'node:timers';
import { Worker } from 'node:worker_threads';

/** Fits take half a second; on a busy machine several. */
const TASK_MS_MAX = 20_000;
/** Each fit may leave some KB behind that its package never gives back. */
const TASKS_PER_THREAD = 500;
/** JavaScript heap of a thread. The series lie outside it, and are a few KB each. */
const HEAP_MB_MAX = 128;

export interface ThreadLimits {
  readonly taskMsMax: number;
  readonly tasksPerThread: number;
}

/** What a thread says to a task: the task's result, or why there is none. */
export type Reply<Result> = { readonly result: Result } | { readonly failed: string };

export type Outcome<Result> = { readonly result: Result } | { readonly failed: string; readonly timedOut: boolean };

export interface DisposableThread<Task, Result> {
  run(task: Task): Promise<Outcome<Result>>;
  /** Threads started so far. */
  readonly started: number;
  close(): Promise<void>;
}

/** `script` is the name of the compiled thread, seen from `models/`, e.g. `arima/arima-thread.js`. */
export function disposableThread<Task, Result>(script: string, limits: Partial<ThreadLimits> = {}): DisposableThread<Task, Result> {
  const { taskMsMax = TASK_MS_MAX, tasksPerThread = TASKS_PER_THREAD } = limits;
  let worker: Worker | undefined;
  let started = 0;
  let tasks = 0;
  let isClosed = false;
  let turn: Promise<unknown> = Promise.resolve();

  async function discard(): Promise<void> {
    const old = worker;
    worker = undefined;
    await old?.terminate();
  }

  async function runNow(task: Task): Promise<Outcome<Result>> {
    if (isClosed) return { failed: 'the thread was closed', timedOut: false };
    if (worker === undefined) {
      worker = startThread(script);
      started++;
      tasks = 0;
    }
    const outcome = await replyOf<Task, Result>(worker, task, taskMsMax);
    tasks++;
    if ('failed' in outcome || tasks >= tasksPerThread) await discard();
    return outcome;
  }

  return {
    run: (task) => {
      const next = turn.then(() => runNow(task));
      turn = next.catch(() => undefined);
      return next;
    },
    get started() {
      return started;
    },
    close: async () => {
      isClosed = true;
      await discard();
    },
  };
}

/** Node 20 starts no thread from TypeScript, so a run from source uses the built thread as well. */
function startThread(script: string): Worker {
  const fromSource = import.meta.url.endsWith('.ts');
  const url = new URL(fromSource ? `../../dist/models/${script}` : `../${script}`, import.meta.url);
  if (!existsSync(url)) throw new Error(`${script} is not built: run \`npm run build\``);
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_MB_MAX };
  const worker = new Worker(url, { execArgv: [], name: 'seqcast-model', stdout: true, stderr: true, resourceLimits });
  // What compiled code prints is not for this process to say: it goes nowhere.
  worker.stdout.resume();
  worker.stderr.resume();
  // A thread that has nothing to do keeps no process alive.
  worker.unref();
  return worker;
}

function replyOf<Task, Result>(worker: Worker, task: Task, taskMsMax: number): Promise<Outcome<Result>> {
  return new Promise((resolve) => {
    const done = (outcome: Outcome<Result>) => {
      clearTimeout(timer);
      for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
      // One that dies later is missed at the next task; an error that nobody listens to would end the process.
      worker.on('error', () => undefined);
      worker.unref();
      resolve(outcome);
    };
    const timer = setTimeout(() => done({ failed: `no answer in ${taskMsMax} ms`, timedOut: true }), taskMsMax);
    worker.ref();
    worker.on('message', (reply: Reply<Result>) => done('failed' in reply ? { ...reply, timedOut: false } : reply));
    worker.on('error', (cause) => done({ failed: String(cause), timedOut: false }));
    worker.on('exit', (code) => done({ failed: `the thread ended with code ${code}`, timedOut: false }));
    worker.postMessage(task);
  });
}
