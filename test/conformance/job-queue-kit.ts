/** What every job queue must do: a job once per id, retries and then death, schedules that give one job per interval, an end that waits. */
import { describe, expect, test } from 'vitest';
import { FinalFailure, type Job, type JobQueue, type JobState, type JobView } from '../../pipelines/ports.ts';
import { acrossReopening, type Harness, pause, until, using } from './harness.ts';

export interface JobQueueTraits {
  /** How often the queues of this harness start a job; their pauses are a few milliseconds. */
  readonly attemptsMax: number;
}

/** Long enough to tell intervals apart on a busy machine, short enough to see several. */
const EVERY_MS = 300;

export function jobQueueKit(harness: Harness<JobQueue>, { attemptsMax }: JobQueueTraits): void {
  test('a job is run with what it was told, and shows what it answered', () =>
    using(harness, async (jobs) => {
      const ran: Job[] = [];
      const before = Date.now();
      expect(await jobs.add({ name: 'audit', id: 'audit:2026-11-25/1', data: { partition: 3, note: 'ü' } })).toBe(true);
      jobs.work('audit', async (job) => {
        ran.push(job);
        return { checked: 17 };
      });
      const view = await inState(jobs, 'audit:2026-11-25/1', 'done');
      expect(ran).toEqual([{ name: 'audit', id: 'audit:2026-11-25/1', data: { partition: 3, note: 'ü' }, attempt: 1 }]);
      expect(view).toMatchObject({ ...ran[0], result: { checked: 17 }, error: undefined, progress: 0 });
      expect(view.addedAtMs).toBeGreaterThanOrEqual(before);
      expect(view.endedAtMs).toBeGreaterThanOrEqual(view.addedAtMs);
    }));

  test('a job that says and answers nothing has null for both', () =>
    using(harness, async (jobs) => {
      await jobs.add({ name: 'audit', id: 'a', data: undefined });
      jobs.work('audit', async () => undefined);
      expect(await inState(jobs, 'a', 'done')).toMatchObject({ data: null, result: null });
    }));

  test('an id is added once, whatever became of its job', () =>
    using(harness, async (jobs) => {
      let runs = 0;
      const added = await Promise.all(Array.from({ length: 10 }, () => jobs.add({ name: 'audit', id: '42', data: {} })));
      expect(added.filter(Boolean)).toHaveLength(1);
      expect(await jobs.add({ name: 'other', id: '42', data: {} })).toBe(false);
      jobs.work('audit', async () => {
        runs++;
      });
      await inState(jobs, '42', 'done');
      expect(await jobs.add({ name: 'audit', id: '42', data: {} })).toBe(false);
      await pause(50);
      expect(runs).toBe(1);
    }));

  test('a job that fails runs again, and the failure is forgotten once it has succeeded', () =>
    using(harness, async (jobs) => {
      const attempts: number[] = [];
      await jobs.add({ name: 'audit', id: 'a', data: {} });
      jobs.work('audit', async ({ attempt }) => {
        attempts.push(attempt);
        if (attempt === 1) throw new Error('not yet');
        return 'well';
      });
      expect(await inState(jobs, 'a', 'done')).toMatchObject({ attempt: 2, result: 'well', error: undefined });
      expect(attempts).toEqual([1, 2]);
    }));

  test('a job that fails at every attempt is dead, shows why, and runs again when it is revived', () =>
    using(harness, async (jobs) => {
      const attempts: number[] = [];
      let mended = false;
      await jobs.add({ name: 'audit', id: 'a', data: {} });
      jobs.work('audit', async ({ attempt }) => {
        attempts.push(attempt);
        if (!mended) throw new Error('broken');
      });
      const dead = await inState(jobs, 'a', 'dead');
      const allAttempts = Array.from({ length: attemptsMax }, (_, index) => index + 1);
      expect(attempts).toEqual(allAttempts);
      expect(dead).toMatchObject({ attempt: attemptsMax, error: 'broken', result: undefined });
      expect((await jobs.list('dead', 10)).map(({ id }) => id)).toEqual(['a']);

      mended = true;
      expect(await jobs.revive('a')).toBe(true);
      await inState(jobs, 'a', 'done');
      expect(attempts).toEqual([...allAttempts, 1]);
      expect(await jobs.list('dead', 10)).toEqual([]);
    }));

  test('a job whose failure is final is dead after one attempt', () =>
    using(harness, async (jobs) => {
      await jobs.add({ name: 'audit', id: 'a', data: {} });
      jobs.work('audit', async () => {
        throw new FinalFailure('never');
      });
      expect(await inState(jobs, 'a', 'dead')).toMatchObject({ attempt: 1, error: 'never', result: undefined });
    }));

  test('only what is dead is revived', () =>
    using(harness, async (jobs) => {
      await jobs.add({ name: 'audit', id: 'waits', data: {} });
      expect(await jobs.revive('waits')).toBe(false);
      expect(await jobs.revive('unknown')).toBe(false);
      expect(await jobs.find('unknown')).toBeUndefined();
    }));

  test('progress is seen while a job runs, and stays as it was said last', () =>
    using(harness, async (jobs) => {
      const gate = opening();
      await jobs.add({ name: 'audit', id: 'a', data: {} });
      jobs.work('audit', async (_, onProgress) => {
        onProgress(0.25);
        onProgress(0.5);
        await gate.opened;
        onProgress(7);
      });
      expect(await eventually(jobs, 'a', (view) => view.progress === 0.5)).toMatchObject({ state: 'running', attempt: 1 });
      gate.open();
      expect((await inState(jobs, 'a', 'done')).progress).toBe(1);
    }));

  test('a delayed job waits for its time', () =>
    using(harness, async (jobs) => {
      let ranAtMs = 0;
      const addedAtMs = Date.now();
      await jobs.add({ name: 'audit', id: 'later', data: {}, delayMs: 250 });
      jobs.work('audit', async () => {
        ranAtMs = Date.now();
      });
      expect((await jobs.list('delayed', 10)).map(({ id }) => id)).toEqual(['later']);
      await inState(jobs, 'later', 'done');
      // Timers of an engine may count from a millisecond that had begun already.
      expect(ranAtMs - addedAtMs).toBeGreaterThanOrEqual(245);
    }));

  test('jobs of a name run one at a time, in the order they were added, and do not wait for those of another name', () =>
    using(harness, async (jobs) => {
      const gate = opening();
      const started: string[] = [];
      let running = 0;
      let most = 0;
      jobs.work('stuck', () => gate.opened);
      await jobs.add({ name: 'stuck', id: 'stuck', data: {} });
      for (const id of ['a', 'b', 'c', 'd']) await jobs.add({ name: 'audit', id, data: {} });
      jobs.work('audit', async ({ id }) => {
        started.push(id);
        most = Math.max(most, ++running);
        await pause(5);
        running--;
      });
      await inState(jobs, 'd', 'done');
      expect(started).toEqual(['a', 'b', 'c', 'd']);
      expect(most).toBe(1);
      expect((await jobs.find('stuck'))?.state).toBe('running');
      gate.open();
      await inState(jobs, 'stuck', 'done');
    }));

  test('lists hold the jobs of one state, those that ended last first, and no more than asked for', () =>
    using(harness, async (jobs) => {
      for (const id of ['one', 'two', 'three']) await jobs.add({ name: 'audit', id, data: {} });
      await jobs.add({ name: 'other', id: 'four', data: {} });
      expect((await jobs.list('waiting', 10)).map(({ id }) => id).sort()).toEqual(['four', 'one', 'three', 'two']);
      expect(await jobs.list('waiting', 2)).toHaveLength(2);
      expect(await jobs.list('done', 10)).toEqual([]);
      jobs.work('audit', async () => pause(3));
      await inState(jobs, 'three', 'done');
      expect((await jobs.list('done', 10)).map(({ id }) => id)).toEqual(['three', 'two', 'one']);
      expect((await jobs.list('done', 1)).map(({ id }) => id)).toEqual(['three']);
      expect((await jobs.list('waiting', 10)).map(({ id, name, attempt }) => [id, name, attempt])).toEqual([['four', 'other', 0]]);
    }));

  test('a schedule gives one job per interval, whoever asks how often, and tells the start of the interval', () =>
    using(harness, async (jobs) => {
      const ran: Job[] = [];
      const startedAtMs = Date.now();
      await Promise.all([1, 2, 3].map(() => jobs.schedule({ name: 'rollup', everyMs: EVERY_MS, data: { of: 'usage' } })));
      jobs.work('rollup', async (job) => {
        ran.push(job);
      });
      await until(() => ran.length >= 2);
      await jobs.schedule({ name: 'rollup', everyMs: EVERY_MS, data: { of: 'usage' } });
      await until(() => ran.length >= 4);
      const starts = ran.map(({ data }) => (data as { atMs: number }).atMs);
      for (const [index, atMs] of starts.entries()) {
        expect(atMs % EVERY_MS).toBe(0);
        expect(atMs).toBeGreaterThan(starts[index - 1] ?? startedAtMs);
        expect(ran[index]).toMatchObject({ id: `rollup@${atMs}`, name: 'rollup', data: { of: 'usage', atMs }, attempt: 1 });
      }
      expect(await jobs.find(`rollup@${starts[0]}`)).toMatchObject({ state: 'done', data: { atMs: starts[0] } });
    }));

  test('a schedule that is set again says what it says now', () =>
    using(harness, async (jobs) => {
      const ran: unknown[] = [];
      await jobs.schedule({ name: 'rollup', everyMs: 3_600_000, data: { version: 1 } });
      await jobs.schedule({ name: 'rollup', everyMs: EVERY_MS, data: { version: 2 } });
      await jobs.schedule({ name: 'rollup', everyMs: EVERY_MS, data: { version: 3 } });
      expect(await jobs.list('delayed', 10)).toHaveLength(1);
      jobs.work('rollup', async ({ data }) => {
        ran.push((data as { version: number }).version);
      });
      await until(() => ran.length >= 2);
      expect(ran.slice(0, 2)).toEqual([3, 3]);
    }));

  test('a job of a schedule that fails is retried, and does not hold up the next interval', () =>
    using(harness, async (jobs) => {
      const ran: [number, number][] = [];
      await jobs.schedule({ name: 'rollup', everyMs: EVERY_MS, data: {} });
      jobs.work('rollup', async ({ data, attempt }) => {
        const { atMs } = data as { atMs: number };
        ran.push([atMs, attempt]);
        if (ran.length === 1) throw new Error('not yet');
      });
      await until(() => new Set(ran.map(([atMs]) => atMs)).size >= 2);
      const [first] = ran[0] ?? [];
      expect(ran.filter(([atMs]) => atMs === first).map(([, attempt]) => attempt)).toEqual([1, 2]);
    }));

  test('closing waits for the job that runs, and starts no other', () =>
    using(harness, async (jobs) => {
      const gate = opening();
      const ran: string[] = [];
      for (const id of ['a', 'b']) await jobs.add({ name: 'audit', id, data: {} });
      const work = jobs.work('audit', async ({ id }) => {
        ran.push(`${id} began`);
        await gate.opened;
        ran.push(`${id} ended`);
      });
      await until(() => ran.length === 1);
      let closed = false;
      const closing = work.close().then(() => {
        closed = true;
      });
      await pause(50);
      expect(closed).toBe(false);
      gate.open();
      await closing;
      await pause(50);
      expect(ran).toEqual(['a began', 'a ended']);
      expect((await jobs.find('a'))?.state).toBe('done');
      expect((await jobs.find('b'))?.state).toBe('waiting');
    }));

  test('closing the queue waits for the job that runs', async () => {
    const gate = opening();
    let ended = false;
    const jobs = await harness.open();
    await jobs.add({ name: 'audit', id: 'a', data: {} });
    let began = false;
    jobs.work('audit', async () => {
      began = true;
      await gate.opened;
      await pause(20);
      ended = true;
    });
    await until(() => began);
    const closing = jobs.close();
    gate.open();
    await closing;
    expect(ended).toBe(true);
    await harness.close(jobs);
  });

  test('names, ids and data that cannot be kept are refused', () =>
    using(harness, async (jobs) => {
      await expect(jobs.add({ name: 'no:colons', id: 'a', data: {} })).rejects.toMatchObject({ code: 'SEQ_INVALID_NAME' });
      expect(() => jobs.work('no:colons', async () => undefined)).toThrowError(/not a name/);
      for (const id of ['', 'a b', 'ü', 'x'.repeat(201), 'rollup@1764028800000']) {
        await expect(jobs.add({ name: 'audit', id, data: {} })).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
      }
      for (const data of [1n, { large: 'x'.repeat(300_000) }]) {
        await expect(jobs.add({ name: 'audit', id: 'a', data })).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
      }
      await expect(jobs.schedule({ name: 'audit', everyMs: 0.5, data: {} })).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
    }));

  describe.runIf(harness.reopen !== undefined)('opening again', () => {
    test('what waited runs, what ended is shown, and a schedule goes on', async () => {
      const ran: string[] = [];
      await acrossReopening(
        harness,
        async (jobs) => {
          await jobs.add({ name: 'audit', id: 'done', data: {} });
          const work = jobs.work('audit', async () => 'result');
          await inState(jobs, 'done', 'done');
          await work.close();
          await jobs.add({ name: 'audit', id: 'waits', data: { kept: true } });
          await jobs.schedule({ name: 'rollup', everyMs: EVERY_MS, data: {} });
        },
        async (jobs) => {
          expect(await jobs.find('done')).toMatchObject({ state: 'done', result: 'result' });
          expect(await jobs.add({ name: 'audit', id: 'done', data: {} })).toBe(false);
          jobs.work('audit', async ({ id, data }) => {
            ran.push(`${id} ${JSON.stringify(data)}`);
          });
          jobs.work('rollup', async ({ name }) => {
            ran.push(name);
          });
          await until(() => ran.includes('waits {"kept":true}') && ran.filter((each) => each === 'rollup').length >= 2);
        },
      );
    });
  });
}

function opening(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

function inState(jobs: JobQueue, id: string, state: JobState): Promise<JobView> {
  return eventually(jobs, id, (view) => view.state === state);
}

/** The job as soon as it is as wanted; the test's own time-out ends it when it never is. */
async function eventually(jobs: JobQueue, id: string, isWanted: (view: JobView) => boolean): Promise<JobView> {
  for (;;) {
    const view = await jobs.find(id);
    if (view !== undefined && isWanted(view)) return view;
    await pause(5);
  }
}
