/** BullMQ's jobs as our views. What a job was told lies in an envelope, beside a mark that says which call added it. */
import type { Job as BullJob } from 'bullmq';
import type { JobState, JobView } from '../../pipelines/ports.ts';
import { scheduleOf } from '../job-rules.ts';
import { ourId } from './job-ids.ts';

export interface Envelope {
  readonly told: unknown;
  /** Names the call that added the job; jobs of a schedule have none. */
  readonly by?: string;
  /** The interval of the schedule that the job belongs to. */
  readonly everyMs?: number;
}

type BullState = 'waiting' | 'prioritized' | 'waiting-children' | 'delayed' | 'active' | 'completed' | 'failed';

export const BULL_STATE: { readonly [S in JobState]: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' } = {
  waiting: 'waiting',
  delayed: 'delayed',
  running: 'active',
  done: 'completed',
  dead: 'failed',
};

const OUR_STATE: { readonly [S in BullState]: JobState } = {
  waiting: 'waiting',
  prioritized: 'waiting',
  'waiting-children': 'waiting',
  delayed: 'delayed',
  active: 'running',
  completed: 'done',
  failed: 'dead',
};

/** Undefined for a job that is no longer there. */
export function ourState(state: string): JobState | undefined {
  return OUR_STATE[state as BullState];
}

export function viewOf(job: BullJob<Envelope>, state: JobState): JobView {
  const hasEnded = state === 'done' || state === 'dead';
  return {
    id: ourId(job.id ?? ''),
    name: job.name,
    data: toldOf(job),
    state,
    attempt: job.attemptsStarted,
    progress: typeof job.progress === 'number' ? job.progress : 0,
    addedAtMs: job.timestamp,
    endedAtMs: hasEnded ? job.finishedOn : undefined,
    result: state === 'done' ? (job.returnvalue ?? null) : undefined,
    error: state === 'done' ? undefined : (job.failedReason ?? undefined),
  };
}

/** What the handler is given; a scheduled job is told the start of its interval as well. */
export function toldOf({ id, data }: Pick<BullJob<Envelope>, 'id' | 'data'>): unknown {
  const schedule = scheduleOf(ourId(id ?? ''));
  if (schedule === undefined) return data.told;
  // A schedule that was made by a stalled process may run a little after the start of each interval.
  const { everyMs = 1 } = data;
  return { ...(data.told as object), atMs: Math.floor(schedule.atMs / everyMs) * everyMs };
}
