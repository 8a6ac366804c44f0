/**
 * The analytics of a soak: the hour that is over is rolled up again each minute. By itself an installation does so once an hour, which in two
 * hours tells neither a first time from a leak nor what an hour of full load takes.
 */
import { openBullJobQueue } from '../../adapters/bullmq/job-queue.ts';
import { HOUR_MS } from '../../pipelines/analytics.ts';
import { GRACE_MS } from '../../workers/runtime/analytics/usage-rollup.ts';
import { nowMs } from '../chaos/clock.ts';

const EVERY_MS = 60_000;
/** Where the clocks of brokers and of this process differ, the hour is over for both. */
const MARGIN_MS = 5_000;
const LISTED_MAX = 1_000;

export interface Rollups {
  /** How many came to an end, and why those did not that did not. */
  outcome(): Promise<{ readonly done: number; readonly failures: readonly string[] }>;
  close(): Promise<void>;
}

/** Hours that were over when the soak began hold nothing of it and are left out. */
export async function startRollups(url: string, startMs: number): Promise<Rollups> {
  const queue = await openBullJobQueue({ url });
  const failures: string[] = [];
  const ids: string[] = [];
  let adding: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    const hourMs = Math.floor((nowMs() - GRACE_MS - MARGIN_MS) / HOUR_MS) * HOUR_MS - HOUR_MS;
    if (hourMs + HOUR_MS <= startMs) return;
    const id = `soak-rollup-${ids.length}`;
    ids.push(id);
    adding = queue.add({ id, name: 'usage-rollup', data: { hourMs } }).catch((error: unknown) => failures.push(String(error)));
  }, EVERY_MS);
  return {
    async outcome() {
      clearInterval(timer);
      await adding;
      const dead = await queue.list('dead', LISTED_MAX);
      const views = await Promise.all(ids.map((id) => queue.find(id)));
      return {
        done: views.filter((view) => view?.state === 'done').length,
        failures: [...failures, ...dead.map((view) => `${view.id}: ${String(view.error)}`)],
      };
    },
    async close() {
      clearInterval(timer);
      await queue.close();
    },
  };
}
