/** Whether an installation is well: every worker is ready, and callers of every kind have got an answer to what they asked since. */
import type { Answers } from '../clients/answers.ts';
import { pause } from '../clients/callers.ts';
import { nowMs } from '../clock.ts';
import type { Workers } from './workers.ts';

const POLL_MS = 200;
/** A zombie that was frozen for a minute, a broker that recovers its logs: longer is not well. */
const HEALTH_TIMEOUT_MS = 90_000;

/** Resolves with the time since which it was well; with undefined where it did not get well in time. */
export async function healthyAt(workers: Workers, answers: Answers, kinds: readonly string[], since: number): Promise<number | undefined> {
  while (nowMs() - since < HEALTH_TIMEOUT_MS) {
    const at = nowMs();
    const isAnswered = kinds.every((kind) => answers.latestAsked(kind) > since);
    if (isAnswered && (await Promise.all(workers.all.map((worker) => worker.isReady()))).every(Boolean)) return at;
    await pause(POLL_MS);
  }
  return undefined;
}

/** Who keeps it from being well. */
export async function unwell(workers: Workers, answers: Answers, kinds: readonly string[], since: number): Promise<string> {
  const unready = await Promise.all(workers.all.map(async (worker) => ((await worker.isReady()) ? [] : [worker.name])));
  const silent = kinds.filter((kind) => answers.latestAsked(kind) <= since);
  return [...unready.flat().map((name) => `${name} is not ready`), ...silent.map((kind) => `no answer to ${kind}`)].join(', ');
}
