/** The thread's side of a disposable thread: does one task after the other, and says why one failed. */
import { parentPort } from 'node:worker_threads';
import type { Reply } from './disposable-thread.ts';

export function serveTasks<Task, Result>(run: (task: Task) => Result): void {
  parentPort?.on('message', (task: Task) => {
    let reply: Reply<Result>;
    try {
      reply = { result: run(task) };
    } catch (cause) {
      reply = { failed: String(cause) };
    }
    parentPort?.postMessage(reply);
  });
}
