/** The analytics of a process over a real log, a real archive and a real queue. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { SequenceError } from '../../../../core/errors.ts';
import type { JobQueue } from '../../../../pipelines/ports.ts';
import { type AnalyticsOptions, startAnalytics } from '../../../../workers/runtime/analytics/analytics.ts';
import { ledgerAudit } from '../../../../workers/runtime/analytics/ledger-audit.ts';
import type { AuditAccount, AuditReport } from '../../../../workers/runtime/service/service.ts';
import { HOUR, jobWith, newHistory, PARTITIONS, type UsageHistory } from './usage-history.ts';

async function started(history: UsageHistory, more: Partial<AnalyticsOptions> = {}): Promise<JobQueue> {
  const { log, archive, storage } = history;
  const { jobs, snapshots } = storage;
  const onFailure = (error: unknown): never => {
    throw error;
  };
  const nowMs = (): number => history.nowMs;
  const analytics = await startAnalytics({ log, archive, jobs, snapshots, partitionCount: PARTITIONS, nowMs, onFailure, ...more });
  onTestFinished(() => analytics.close());
  return more.jobs ?? jobs;
}

async function ended(jobs: JobQueue, id: string): Promise<unknown> {
  for (;;) {
    const job = await jobs.find(id);
    if (job?.state === 'dead') throw new Error(job.error);
    if (job?.state === 'done') return job.result;
    await pause();
  }
}

describe('the analytics of a process', () => {
  test('schedule a rollup every hour, an audit and the care for the archive every day', async () => {
    const jobs = await started(await newHistory());
    const delayed = await jobs.list('delayed', 10);
    expect(delayed.map(({ name }) => name).sort()).toEqual(['archive-care', 'ledger-audit', 'usage-rollup']);
    const dueMs = delayed.map(({ data }) => (data as { atMs: number }).atMs);
    expect(dueMs.every((atMs) => atMs % 3_600_000 === 0)).toBe(true);
  });

  test('run both as jobs, whose results say what was done', async () => {
    const history = await newHistory();
    const source = await history.openSequence(HOUR);
    await history.allocate(HOUR, source, 1);
    await history.event(HOUR + 1);
    const jobs = await started(history);
    await jobs.add({ name: 'usage-rollup', id: 'now', data: {} });
    await jobs.add({ name: 'ledger-audit', id: 'today', data: {} });
    expect(await ended(jobs, 'now')).toMatchObject({ hours: 1, rows: { consumption: 1, shards: 1, forecasts: 0 } });
    expect(await ended(jobs, 'today')).toMatchObject({
      ok: true,
      duplicates: 0,
      accounts: [{ sequence: 's', claimed: 1_000_000, inDoubt: 10, balanced: true }],
      accountsLeftOut: 0,
    });
    expect(await history.archive.query({ table: 'shards', limit: 5 })).toHaveLength(1);
  });

  test('set a schedule again until a queue that was away is back', async () => {
    const history = await newHistory();
    let away = true;
    const { jobs } = history.storage;
    const schedule: JobQueue['schedule'] = async (options) => {
      if (away) throw new SequenceError('SEQ_ENGINE_AWAY', 'the queue is away');
      await jobs.schedule(options);
    };
    await started(history, { jobs: { ...jobs, schedule }, scheduleRetryMs: 20 });
    expect(await jobs.list('delayed', 10)).toEqual([]);
    away = false;
    while ((await jobs.list('delayed', 10)).length < 2) await pause();
  });

  test('do not start where the queue refuses a schedule', async () => {
    const history = await newHistory();
    const refused = new SequenceError('SEQ_INVALID_REQUEST', 'no');
    const jobs: JobQueue = { ...history.storage.jobs, schedule: () => Promise.reject(refused) };
    await expect(started(history, { jobs })).rejects.toBe(refused);
    await started(history);
  });

  test('end an audit that is under way when they are closed', async () => {
    const history = await newHistory();
    let steps = 0;
    const audit: AnalyticsOptions['audit'] = async (onProgress) => {
      for (;;) {
        onProgress(++steps);
        await pause();
      }
    };
    const { log, archive, storage } = history;
    const { jobs } = storage;
    const analytics = await startAnalytics({ log, archive, jobs, partitionCount: PARTITIONS, audit, onFailure: () => undefined });
    await jobs.add({ name: 'ledger-audit', id: 'endless', data: {} });
    while (steps === 0) await pause();
    await analytics.close();
    expect(await jobs.find('endless')).toMatchObject({ attempt: 1, error: expect.stringContaining('the process ends') });
  });
});

describe('the audit as a job', () => {
  const account = (sequence: string, balanced: boolean): AuditAccount => {
    const zero = { issued: 0, stock: 0, revokedInFlight: 0, free: 0, uncut: 0, unopened: 0, void: 0, burnt: 0, inDoubt: 0 };
    return { sequence, generation: 0, claimed: 0, ...zero, balanced };
  };

  async function audited(report: Partial<AuditReport>): Promise<unknown> {
    const { log } = await newHistory();
    const whole: AuditReport = { ok: false, duplicates: 0, problems: [], accounts: [], recordsFolded: 0, recordsRejected: 0, ...report };
    return ledgerAudit({ log, partitionCount: PARTITIONS, audit: async () => whole })(jobWith({}), () => undefined);
  }

  test('lists what does not balance first, and no more than somebody reads', async () => {
    const accounts = Array.from({ length: 1_000 }, (_, index) => account(`s-${index}`, index !== 900));
    const problems = Array.from({ length: 500 }, (_, index) => `problem ${index}`);
    const result = (await audited({ accounts, problems })) as AuditReport;
    expect(result).toMatchObject({ ok: false, accountsLeftOut: 800, problemsLeftOut: 300 });
    expect(result.accounts[0]).toEqual(account('s-900', false));
    expect([result.accounts.length, result.problems.length]).toEqual([200, 200]);
  });

  test('says how far it is as a share of the ledger', async () => {
    const history = await newHistory();
    await history.openSequence(HOUR);
    const shares: number[] = [];
    const audit: AnalyticsOptions['audit'] = async (onProgress) => {
      onProgress(0.25);
      onProgress(0.5);
      return { ok: true, duplicates: 0, problems: [], accounts: [], recordsFolded: 4, recordsRejected: 0 };
    };
    await ledgerAudit({ log: history.log, partitionCount: PARTITIONS, audit })(jobWith({}), (share) => shares.push(share));
    expect(shares).toEqual([0.25, 0.5, 1]);
  });
});

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 5);
  });
}
