/**
 * What a process without a gateway can be asked over HTTP: how it is. Everything about values and sequences is refused, with where to
 * ask instead.
 */
import type { Sequence } from 'seqcast-client';
import { SequenceError } from '../../../core/errors.ts';
import { VERSION } from '../../../core/version.ts';
import type { JobView, RouteTable } from '../../../pipelines/ports.ts';
import { STAGES, topologyMermaid, topologyText } from '../../../pipelines/topology.ts';
import type { ArchiveService } from '../analytics/archive-views.ts';
import type { AnnouncementView, ProfileView } from '../expectations/expectation-views.ts';
import type { WhatIf } from '../insight/what-if.ts';
import type { PoolsView, PoolView } from '../members/pool-views.ts';
import type { Life } from '../process/life.ts';
import type { ReservationService } from '../reservations/reservation-service.ts';
import type {
  AuditReport,
  DeadLetterView,
  Explanation,
  FoundPool,
  MemberView,
  NextAnswer,
  SeqcastService,
  SequenceDescription,
  Status,
  ValueOwner,
} from '../service/service.ts';
import type { ModelDetails, ModelView, RolledBack } from '../training/model-views.ts';
import type { ChangePlan } from '../value-space/change-plan.ts';

export interface WorkerServiceOptions {
  readonly roles: readonly string[];
  readonly member: string;
  readonly endpoint: string;
  readonly startedAtMs: number;
  readonly nowMs: () => number;
  readonly life: Life;
  readonly problems: () => readonly string[];
  /** What is wrong although it is ready. */
  readonly notices: () => readonly string[];
  readonly members: () => readonly MemberView[];
  readonly metrics: () => Promise<string>;
  /** API keys are in it. */
  readonly routes?: RouteTable;
}

export class WorkerService implements SeqcastService {
  readonly #options: WorkerServiceOptions;

  constructor(options: WorkerServiceOptions) {
    this.#options = options;
  }

  status(): Status {
    const { life, endpoint, startedAtMs, nowMs, member } = this.#options;
    return {
      version: VERSION,
      ready: this.notReady().length === 0,
      state: life.state,
      dataDir: endpoint,
      startedAtMs,
      nowMs: nowMs(),
      incarnation: member,
      sequences: 0,
      streams: [],
    };
  }

  members(): readonly MemberView[] {
    return this.#options.members();
  }

  routeTable(): RouteTable {
    if (this.#options.routes === undefined) throw this.#refusal();
    return this.#options.routes;
  }

  topology(format: 'text' | 'mermaid'): string {
    return format === 'mermaid' ? topologyMermaid(STAGES) : topologyText(STAGES);
  }

  live(): never {
    throw this.#refusal();
  }

  metrics(): Promise<string> {
    return this.#options.metrics();
  }

  notReady(): readonly string[] {
    const { life, problems } = this.#options;
    return life.state === 'serving' ? problems() : [`the process is ${life.state}`];
  }

  notices(): readonly string[] {
    return this.#options.notices();
  }

  close(): Promise<void> {
    return this.#options.life.close();
  }

  create(): Promise<SequenceDescription> {
    return Promise.reject(this.#refusal());
  }

  list(): readonly SequenceDescription[] {
    throw this.#refusal();
  }

  describe(): SequenceDescription {
    throw this.#refusal();
  }

  alter(): Promise<SequenceDescription> {
    return Promise.reject(this.#refusal());
  }

  restart(): Promise<SequenceDescription> {
    return Promise.reject(this.#refusal());
  }

  drop(): Promise<void> {
    return Promise.reject(this.#refusal());
  }

  plan(): ChangePlan {
    throw this.#refusal();
  }

  next(): NextAnswer {
    throw this.#refusal();
  }

  sequence(): Sequence {
    throw this.#refusal();
  }

  reservations(): ReservationService {
    throw this.#refusal();
  }

  find(): FoundPool {
    throw this.#refusal();
  }

  deadLetters(): Promise<readonly DeadLetterView[]> {
    return Promise.reject(this.#refusal());
  }

  replayDeadLetter(): Promise<DeadLetterView> {
    return Promise.reject(this.#refusal());
  }

  jobs(): Promise<readonly JobView[]> {
    return Promise.reject(this.#refusal());
  }

  job(): Promise<JobView> {
    return Promise.reject(this.#refusal());
  }

  models(): Promise<readonly ModelView[]> {
    return Promise.reject(this.#refusal());
  }

  model(): Promise<ModelDetails> {
    return Promise.reject(this.#refusal());
  }

  promoteModel(): Promise<ModelView> {
    return Promise.reject(this.#refusal());
  }

  rollBackModel(): Promise<RolledBack> {
    return Promise.reject(this.#refusal());
  }

  train(): Promise<{ readonly job: string }> {
    return Promise.reject(this.#refusal());
  }

  issue(): Promise<{ readonly job: string }> {
    return Promise.reject(this.#refusal());
  }

  stamp(): Promise<{ readonly job: string }> {
    return Promise.reject(this.#refusal());
  }

  reviveJob(): Promise<boolean> {
    return Promise.reject(this.#refusal());
  }

  giveBack(): Promise<{ readonly returned: number }> {
    return Promise.reject(this.#refusal());
  }

  registerClient(): Promise<void> {
    return Promise.reject(this.#refusal());
  }

  lookUpClient(): Promise<{ readonly clientType: string; readonly service: string }> {
    return Promise.reject(this.#refusal());
  }

  announce(): Promise<void> {
    return Promise.reject(this.#refusal());
  }

  announcements(): readonly AnnouncementView[] {
    throw this.#refusal();
  }

  endAnnouncement(): Promise<void> {
    return Promise.reject(this.#refusal());
  }

  profiles(): readonly ProfileView[] {
    throw this.#refusal();
  }

  profile(): ProfileView {
    throw this.#refusal();
  }

  setProfile(): Promise<ProfileView> {
    return Promise.reject(this.#refusal());
  }

  removeProfile(): Promise<void> {
    return Promise.reject(this.#refusal());
  }

  pools(): PoolsView {
    throw this.#refusal();
  }

  drain(): Promise<PoolView> {
    return Promise.reject(this.#refusal());
  }

  undrain(): Promise<PoolView> {
    return Promise.reject(this.#refusal());
  }

  archive(): ArchiveService {
    throw this.#refusal();
  }

  explain(): Explanation {
    throw this.#refusal();
  }

  whatIf(): Promise<WhatIf> {
    return Promise.reject(this.#refusal());
  }

  who(): Promise<ValueOwner> {
    return Promise.reject(this.#refusal());
  }

  audit(): Promise<AuditReport> {
    return Promise.reject(this.#refusal());
  }

  #refusal(): SequenceError {
    const roles = this.#options.roles.join(', ');
    return new SequenceError('SEQ_UNSUPPORTED', `this process has no gateway, only ${roles}: ask one that has`);
  }
}
