/** Takes bulk orders in: checks what can be checked at once, puts the job into the queue, and says how far a job is. */
import { randomUUID } from 'node:crypto';
import type { Generation } from '../../../core/ledger/ranges.ts';
import type { JobQueue, JobView } from '../../../pipelines/ports.ts';
import { checkFromStock } from '../pool/answers.ts';
import { type BulkOrder, type IssueAsked, issueOrder, type StampAsked, stampOrder } from './bulk-order.ts';
import { checkTopic } from './topic-target.ts';

/** Names of the jobs that are bulk issues. */
export const BULK_JOBS: readonly string[] = ['issue', 'stamp'] satisfies readonly BulkOrder['kind'][];
/** A guess from less than this share of the work would only jump. */
const GUESS_SHARE_MIN = 0.02;
const MS_PER_S = 1_000;

export interface BulkDeskOptions {
  readonly jobs: JobQueue;
  readonly live: (sequence: string) => Generation;
  /** Topics that values may go to; left out where there is no Kafka. */
  readonly topics?: readonly string[];
}

export class BulkDesk {
  readonly #options: BulkDeskOptions;

  constructor(options: BulkDeskOptions) {
    this.#options = options;
  }

  issue(asked: IssueAsked): Promise<{ readonly job: string }> {
    return this.#add(issueOrder(asked));
  }

  stamp(asked: StampAsked): Promise<{ readonly job: string }> {
    return this.#add(stampOrder(asked));
  }

  async #add(order: BulkOrder): Promise<{ readonly job: string }> {
    const { jobs, live, topics = [] } = this.#options;
    checkFromStock(order.sequence, live(order.sequence).definition);
    if (order.kind === 'issue' && order.topic !== '') checkTopic(order.topic, topics);
    const job = `${order.kind}-${randomUUID()}`;
    await jobs.add({ name: order.kind, id: job, data: order });
    return { job };
  }
}

/** A bulk job with how far it is in words. Jobs of other kinds stay as they are. */
export function notedBulk(view: JobView, nowMs: number): JobView {
  if (!BULK_JOBS.includes(view.name) || view.state !== 'running' || view.progress < GUESS_SHARE_MIN) return view;
  const { count } = (view.data ?? {}) as { readonly count?: unknown };
  const restS = ((nowMs - view.addedAtMs) * (1 / view.progress - 1)) / MS_PER_S;
  const values =
    typeof count === 'number' ? `${Math.floor(view.progress * count)} of ${count} values` : `${Math.floor(view.progress * 100)} %`;
  return { ...view, note: `${values}, about ${Math.ceil(restS)} s to go` };
}
