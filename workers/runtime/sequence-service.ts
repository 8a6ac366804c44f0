/**
 * What every process that callers may ask answers alike, wherever its stock is: sequences, clients, profiles, announcements,
 * records that were put aside, jobs, models. The services of one process and of a gateway add how values are taken.
 */
import type { Sequence } from 'seqcast-client';
import { SequenceError } from '../../core/errors.ts';
import type { Generation } from '../../core/ledger/ranges.ts';
import { checkName, type SequenceAttributes } from '../../core/sequence.ts';
import type { StockState } from '../../core/stock/stock-state.ts';
import type { EventLog, JobQueue, JobState, JobView } from '../../pipelines/ports.ts';
import { STAGES, topologyMermaid, topologyText } from '../../pipelines/topology.ts';
import type { Administration } from './administration.ts';
import { type BulkDesk, notedBulk } from './bulk/bulk-desk.ts';
import type { IssueAsked, StampAsked } from './bulk/bulk-order.ts';
import type { ClientRoutes } from './client-routes.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { ExpectationDesk } from './expectation-desk.ts';
import type { AnnouncementView, ProfileAttributes, ProfileName, ProfileView } from './expectation-views.ts';
import { inProcessSequence, type SequenceCaller } from './in-process-sequence.ts';
import type { LedgerReader } from './ledger-reader.ts';
import type { Life } from './life.ts';
import type { ReservationService } from './reservations/reservation-service.ts';
import type { Announcement, DeadLetterView, SeqcastService, SequenceDescription } from './service.ts';
import type { ModelParts } from './training/model-parts.ts';
import type { ModelDetails, ModelView, RolledBack, TrainingOrder } from './training/model-views.ts';
import type { ChangePlan, PlannedChange } from './value-space/change-plan.ts';
import type { ExhaustionWatch } from './value-space/exhaustion-watch.ts';

/** The parts that these answers come from. */
export interface SequenceRoles {
  readonly partitionCount: number;
  readonly log: EventLog;
  readonly reader: LedgerReader;
  readonly administration: Administration;
  readonly directory: { streamCount(sequence: string): number };
  readonly clients: ClientRoutes;
  readonly expectations: ExpectationDesk;
  readonly deadLetters: DeadLetters;
  readonly jobs: JobQueue;
  /** Left out where the process has no transaction pool. */
  readonly reservations?: ReservationService | undefined;
  /** What else is wrong although the process is ready. */
  readonly notices?: () => readonly string[];
  /** Left out where a process was opened without trained models. */
  readonly models?: ModelParts | undefined;
  /** Left out where this process takes no bulk orders. */
  readonly bulk?: BulkDesk | undefined;
  /** Left out where the stock is elsewhere. */
  readonly stock?: { readonly state: StockState } | undefined;
  /** Left out where no demand is remembered in this process. */
  readonly exhaustion?: ExhaustionWatch | undefined;
  readonly life: Life;
}

type AnsweredAlike =
  | 'create'
  | 'list'
  | 'describe'
  | 'alter'
  | 'restart'
  | 'drop'
  | 'plan'
  | 'reservations'
  | 'registerClient'
  | 'lookUpClient'
  | 'announce'
  | 'announcements'
  | 'endAnnouncement'
  | 'profiles'
  | 'profile'
  | 'setProfile'
  | 'removeProfile'
  | 'topology'
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
  | 'notices'
  | 'close';

export abstract class SequenceService<R extends SequenceRoles> implements Pick<SeqcastService, AnsweredAlike> {
  protected readonly roles: R;

  constructor(roles: R) {
    this.roles = roles;
  }

  async create(name: string, attributes: SequenceAttributes): Promise<SequenceDescription> {
    this.mustServe();
    return this.#describe(await this.roles.administration.create(name, attributes));
  }

  list(): readonly SequenceDescription[] {
    const live = this.roles.reader.ranges.flatMap((ranges) => [...ranges.live.values()]);
    return live.sort((a, b) => (a.name < b.name ? -1 : 1)).map((generation) => this.#describe(generation));
  }

  describe(name: string): SequenceDescription {
    return this.#describe(this.roles.administration.live(name));
  }

  async alter(name: string, changes: SequenceAttributes): Promise<SequenceDescription> {
    this.mustServe();
    return this.#describe(await this.roles.administration.alter(name, changes));
  }

  async restart(name: string, start?: bigint): Promise<SequenceDescription> {
    this.mustServe();
    return this.#describe(await this.roles.administration.restart(name, start));
  }

  async drop(name: string): Promise<void> {
    this.mustServe();
    await this.roles.administration.drop(name);
  }

  plan(name: string, change: PlannedChange): ChangePlan {
    return this.roles.administration.plan(name, change, this.roles.stock?.state);
  }

  reservations(): ReservationService {
    this.mustServe();
    const { reservations } = this.roles;
    if (reservations !== undefined) return reservations;
    throw new SequenceError('SEQ_UNSUPPORTED', 'this process has no transaction pool: numbers without a gap are given out by one that has');
  }

  async registerClient(clientId: string, route: { readonly clientType: string; readonly service: string }): Promise<void> {
    this.mustServe();
    checkName('client type', route.clientType);
    checkName('service', route.service);
    await this.roles.clients.register(clientId, route);
  }

  async lookUpClient(clientId: string): Promise<{ readonly clientType: string; readonly service: string }> {
    return this.roles.clients.route(clientId);
  }

  async announce(announcement: Announcement): Promise<void> {
    this.mustServe();
    await this.roles.expectations.announce(announcement);
  }

  announcements(): readonly AnnouncementView[] {
    return this.roles.expectations.announcements();
  }

  async endAnnouncement(stream: string, fromMs: number): Promise<void> {
    this.mustServe();
    await this.roles.expectations.endAnnouncement(stream, fromMs);
  }

  profiles(): readonly ProfileView[] {
    return this.roles.expectations.profiles();
  }

  profile(name: ProfileName): ProfileView {
    return this.roles.expectations.profile(name);
  }

  async setProfile(name: ProfileName, attributes: ProfileAttributes): Promise<ProfileView> {
    this.mustServe();
    return await this.roles.expectations.setProfile(name, attributes);
  }

  async removeProfile(name: ProfileName): Promise<void> {
    this.mustServe();
    await this.roles.expectations.removeProfile(name);
  }

  topology(format: 'text' | 'mermaid'): string {
    return format === 'mermaid' ? topologyMermaid(STAGES) : topologyText(STAGES);
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

  notices(): readonly string[] {
    const { models, notices } = this.roles;
    const problems = [...(models?.directory.problems() ?? []), ...(notices?.() ?? [])];
    return [...new Set([...problems, ...(this.roles.exhaustion?.warnings() ?? [])])];
  }

  close(): Promise<void> {
    return this.roles.life.close();
  }

  /** A sequence object as the client package has it: `await next()`, synchronous `tryNext()`, blocks at hand. Close it before this. */
  protected sequenceOf(service: SeqcastService, name: string, caller: SequenceCaller): Sequence {
    this.roles.administration.live(name);
    return inProcessSequence(service, name, caller);
  }

  protected mustServe(): void {
    const { life } = this.roles;
    if (life.state === 'serving') return;
    if (life.state === 'stopped') throw new SequenceError('SEQ_CLOSED', 'this seqcast was closed');
    throw new SequenceError('SEQ_NOT_READY', `the process is ${life.state}`);
  }

  protected definitionOf(name: string, generation: number): Generation['definition'] {
    const found = this.roles.administration.ranges(name).generations.get(generation);
    if (found === undefined) throw new SequenceError('SEQ_UNKNOWN_SEQUENCE', `sequence ${name} has no generation ${generation}`);
    return found.definition;
  }

  #models(): ModelParts['administration'] {
    const { models } = this.roles;
    if (models !== undefined) return models.administration;
    throw new SequenceError('SEQ_UNSUPPORTED', 'this process was opened without trained models');
  }

  #bulk(): BulkDesk {
    const { bulk } = this.roles;
    if (bulk !== undefined) return bulk;
    throw new SequenceError('SEQ_UNSUPPORTED', 'bulk jobs run where one process does everything, with a directory for their files');
  }

  #describe(generation: Generation): SequenceDescription {
    const { name, definition, id, next, capacity } = generation;
    const { administration, directory } = this.roles;
    const claimed = administration.ranges(name).generations.get(id)?.next ?? next;
    const exhaustion = this.roles.exhaustion?.of(generation);
    const streams = directory.streamCount(name);
    return { name, definition, generation: id, claimed, capacity, streams, ...(exhaustion !== undefined && { exhaustion }) };
  }
}
