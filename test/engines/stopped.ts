/** A process that was sent SIGSTOP still runs until the system has stopped each of its threads, on a busy machine for some milliseconds. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** No system takes longer: then the process is gone, or this system does not tell. */
const WAIT_MAX_MS = 2_000;

/** Resolves when it runs no more. Where the system keeps no /proc, after a while. */
export async function untilStopped(pid: number): Promise<void> {
  for (const endMs = performance.now() + WAIT_MAX_MS; performance.now() < endMs && !isStopped(pid); ) await pause(2);
}

function isStopped(pid: number): boolean {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.every((thread) => /\) T/.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')));
  } catch {
    return false;
  }
}
