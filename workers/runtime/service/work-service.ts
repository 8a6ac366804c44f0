/** Work in the background, as every process that callers may ask answers for it: jobs, models, bulk orders, records that were put aside. */
import { SequenceError } from '../../../core/errors.ts';
import type { JobQueue, JobState, JobView } from '../../../pipelines/ports.ts';
import type { ArchiveService } from '../analytics/archive-views.ts';
import { type BulkDesk, notedBulk } from '../bulk/bulk-desk.ts';
import type { IssueAsked, StampAsked } from '../bulk/bulk-order.ts';
import type { DeadLetters } from '../ledger/dead-letters.ts';
import type { Life } from '../process/life.ts';
import type { ModelParts } from '../training/model-parts.ts';
import type { ModelDetails, ModelView, RolledBack, TrainingOrder } from '../training/model-views.ts';
import type { DeadLetterView, SeqcastService } from './service.ts';

/** The parts that these answers come from. */
export interface WorkRoles {
  readonly deadLetters: DeadLetters;
  readonly jobs: JobQueue;
  /** Left out where a process was opened without trained models. */
  readonly models?: ModelParts | undefined;
  /** Left out where this process takes no bulk orders. */
  readonly bulk?: BulkDesk | undefined;
  /** Left out where this process was opened without an archive. */
  readonly archive?: ArchiveService | undefined;
  readonly life: Life;
}

type AnsweredHere =
  | 'deadLetters'
  | 'replayDeadLetter'
  | 'jobs'
  | 'job'
  | 'reviveJob'
  | 'models'
  | 'model'
  | 'promoteModel'
  | 'rollBackModel'
  | 'train'
  | 'issue'
  | 'stamp'
  | 'archive';

export abstract class WorkService<R extends WorkRoles> implements Pick<SeqcastService, AnsweredHere> {
  protected readonly roles: R;

  constructor(roles: R) {
    this.roles = roles;
  }

  deadLetters(limit: number): Promise<readonly DeadLetterView[]> {
    return this.roles.deadLetters.list(limit);
  }

  replayDeadLetter(id: string): Promise<DeadLetterView> {
    this.mustServe();
    return this.roles.deadLetters.replay(id);
  }

  async jobs(state: JobState, limit: number): Promise<readonly JobView[]> {
    const { jobs, models } = this.roles;
    const views = (await jobs.list(state, limit)).map((view) => notedBulk(view, Date.now()));
    return models === undefined ? views : models.administration.noted(views);
  }

  async job(id: string): Promise<JobView> {
    const { jobs, models } = this.roles;
    const view = await jobs.find(id);
    if (view === undefined) throw new SequenceError('SEQ_UNKNOWN_JOB', `there is no job ${id}`, { id });
    const [noted = view] = models === undefined ? [view] : await models.administration.noted([view]);
    return notedBulk(noted, Date.now());
  }

  reviveJob(id: string): Promise<boolean> {
    this.mustServe();
    return this.roles.jobs.revive(id);
  }

  async models(): Promise<readonly ModelView[]> {
    return this.#models().list();
  }

  async model(version: string): Promise<ModelDetails> {
    return this.#models().show(version);
  }

  async promoteModel(version: string): Promise<ModelView> {
    this.mustServe();
    return this.#models().promote(version);
  }

  async rollBackModel(family?: string): Promise<RolledBack> {
    this.mustServe();
    return this.#models().rollBack(family);
  }

  async train(order: TrainingOrder): Promise<{ readonly job: string }> {
    this.mustServe();
    return this.#models().train(order);
  }

  async issue(order: IssueAsked): Promise<{ readonly job: string }> {
    this.mustServe();
    return this.#bulk().issue(order);
  }

  async stamp(order: StampAsked): Promise<{ readonly job: string }> {
    this.mustServe();
    return this.#bulk().stamp(order);
  }

  archive(): ArchiveService {
    const { archive } = this.roles;
    if (archive !== undefined) return archive;
    throw new SequenceError('SEQ_UNSUPPORTED', 'this process was opened without an archive');
  }

  protected mustServe(): void {
    const { life } = this.roles;
    if (life.state === 'serving') return;
    if (life.state === 'stopped') throw new SequenceError('SEQ_CLOSED', 'this seqcast was closed');
    throw new SequenceError('SEQ_NOT_READY', `the process is ${life.state}`);
  }

  #models(): ModelParts['administration'] {
    const { models } = this.roles;
    if (models !== undefined) return models.administration;
    throw new SequenceError('SEQ_UNSUPPORTED', 'this process was opened without trained models');
  }

  #bulk(): BulkDesk {
    const { bulk } = this.roles;
    if (bulk !== undefined) return bulk;
    throw new SequenceError('SEQ_UNSUPPORTED', 'this process takes no bulk orders: it was opened without a directory for their files');
  }
}
