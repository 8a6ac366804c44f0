/**
 * Jobs that wait for their series. A series has one group under way at a time, so that its callers wait here, in this process and in
 * order, and never in a convoy on its row; what gathers meanwhile is the next group. Different series go on side by side.
 */
import { SequenceError } from '../../core/errors.ts';
import type { GroupAnswer, GroupJob } from './group-transaction.ts';

export interface SeriesQueue {
  add<T>(job: GroupJob<T>): Promise<T>;
  /** Resolves when nothing waits and nothing is under way. */
  settled(): Promise<void>;
}

export interface SeriesQueueOptions {
  /** Groups under way at a time. */
  readonly lanes: number;
  readonly run: (jobs: readonly GroupJob[]) => Promise<GroupAnswer>;
}

interface Waiting {
  readonly job: GroupJob;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const WAITING_MAX = 10_000;
/** Beyond this a larger group costs its members more waiting than it saves them. */
const GROUP_COMMANDS_MAX = 1_024;
/** Each ordinal may be a free piece of its own, and is then read. */
const GROUP_VALUES_MAX = 20_000;

export function createSeriesQueue({ lanes, run }: SeriesQueueOptions): SeriesQueue {
  let waiting: Waiting[] = [];
  const busy = new Set<number>();
  const quiet: (() => void)[] = [];
  let underWay = 0;
  let isPumping = false;

  /** Later, in one go: callers that were just answered ask their next question first. */
  function pumpSoon(): void {
    if (isPumping) return;
    isPumping = true;
    setImmediate(() => {
      isPumping = false;
      pump();
    });
  }

  function pump(): void {
    while (underWay < lanes) {
      const { group, left } = nextGroup(waiting, busy);
      if (group.length === 0) break;
      waiting = left;
      start(group).catch(() => undefined);
    }
    if (underWay === 0 && waiting.length === 0) for (const resolve of quiet.splice(0)) resolve();
  }

  async function start(group: readonly Waiting[]): Promise<void> {
    const series = group.flatMap(({ job }) => job.needs.series);
    underWay++;
    for (const each of series) busy.add(each);
    try {
      const { decided, ops } = await run(group.map(({ job }) => job));
      for (const [index, { resolve, reject }] of group.entries()) {
        const each = decided[index];
        if (each !== undefined && 'told' in each) resolve(each.told(ops));
        else reject(each?.refused);
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    } finally {
      underWay--;
      for (const each of series) busy.delete(each);
      pumpSoon();
    }
  }

  return {
    add<T>(job: GroupJob<T>): Promise<T> {
      if (waiting.length >= WAITING_MAX)
        return Promise.reject(new SequenceError('SEQ_TOO_MANY_WAITING', `${waiting.length} calls wait for their series already`));
      return new Promise<T>((resolve, reject) => {
        waiting.push({ job, resolve: resolve as (answer: unknown) => void, reject });
        pumpSoon();
      });
    },
    settled: () =>
      new Promise((resolve) => {
        quiet.push(resolve);
        pumpSoon();
      }),
  };
}

/** The longest waiting job whose series are free, and all behind it that need no others. Nobody overtakes who needs the same. */
function nextGroup(waiting: readonly Waiting[], busy: ReadonlySet<number>): { readonly group: Waiting[]; readonly left: Waiting[] } {
  const blocked = new Set(busy);
  const own = new Set<number>();
  const group: Waiting[] = [];
  const left: Waiting[] = [];
  let commands = 0;
  let values = 0;
  for (const each of waiting) {
    const { needs, skipsLocked } = each.job;
    const size = needs.keys.length + needs.numbers.length + needs.values.size;
    const taken = [...needs.values.values()].reduce((sum, count) => sum + count, 0);
    const isFree = needs.series.every((series) => !blocked.has(series));
    const joins =
      !skipsLocked &&
      group[0]?.job.skipsLocked === false &&
      commands + size <= GROUP_COMMANDS_MAX &&
      values + taken <= GROUP_VALUES_MAX &&
      needs.series.every((series) => own.has(series));
    if (isFree && (group.length === 0 || joins)) {
      group.push(each);
      commands += size;
      values += taken;
      for (const series of needs.series) own.add(series);
    } else {
      left.push(each);
      for (const series of needs.series) blocked.add(series);
    }
  }
  return { group, left };
}
