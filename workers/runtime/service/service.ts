/**
 * What a running seqcast can be asked, whoever asks: the HTTP gateway, the command line, the demo and callers of `open()` all
 * speak to this one interface. Every method that can fail throws `SequenceError` with a code of the catalogue.
 */

import type { Printing } from '../../../core/format/printed-form.ts';
import type { ReservationState } from '../../../core/reservation/states.ts';
import type { SequenceAttributes, SequenceDefinition } from '../../../core/sequence.ts';
import type { EventLog, JobState, JobView, RouteTable } from '../../../pipelines/ports.ts';
import type { AdoptionService } from '../adoption/adoption-views.ts';
import type { ArchiveService } from '../analytics/archive-views.ts';
import type { IssueAsked, StampAsked } from '../bulk/bulk-order.ts';
import type { AnnouncementView, ProfileAttributes, ProfileName, ProfileView } from '../expectations/expectation-views.ts';
import type { WhatIf } from '../insight/what-if.ts';
import type { LiveFeed } from '../live/live-feed.ts';
import type { KindView } from '../members/kind-views.ts';
import type { MemberView, MoveView, PoolService } from '../members/pool-views.ts';
import type { ReservationService } from '../reservations/reservation-service.ts';
import type { ModelService } from '../training/model-views.ts';
import type { ChangePlan, PlannedChange } from '../value-space/change-plan.ts';
import type { ExhaustionView } from '../value-space/exhaustion-watch.ts';
import type { StreamStatus } from './stream-status.ts';

export type { MemberView } from '../members/pool-views.ts';

export type { StreamStatus };

export interface SequenceDescription {
  readonly name: string;
  readonly definition: SequenceDefinition;
  /** Log offset of the record that opened the live generation. */
  readonly generation: number;
  /** Ordinals claimed by allocation partitions so far, and how many the generation has (2^53 - 1 where it cycles). */
  readonly claimed: number;
  readonly capacity: number;
  readonly streams: number;
  /** Kinds of pool that serve its streams, and why; absent where this process does not choose. */
  readonly servedBy?: readonly KindView[];
  /** What is left and how long it lasts; absent where the sequence cycles, or nobody in this process looks. */
  readonly exhaustion?: ExhaustionView;
}

export interface NextRequest {
  readonly sequence: string;
  readonly count: number;
  /** Either a registered client id, or the client's type and service; both default to `default`. */
  readonly clientId?: string;
  readonly clientType?: string;
  readonly service?: string;
  /** A numbered block may be given back once. */
  readonly numbered?: boolean;
  /** The same key gives the same answer; another request under it is a conflict. Costs one append to the ledger. */
  readonly idempotencyKey?: string;
}

/** A run of values: start, start + increment, …, `count` of them. */
export interface ValueBlock {
  readonly start: bigint;
  readonly count: number;
  readonly increment: bigint;
  /** Present on numbered blocks: what `giveBack` takes. */
  readonly id?: string;
}

export interface NextAnswer {
  readonly sequence: string;
  readonly order: SequenceDefinition['order'];
  readonly blocks: readonly ValueBlock[];
  /** True when the call waited for an allocation. */
  readonly stalled: boolean;
  /** First day of the period that the values belong to, when they begin again some day: not to be kept beyond it. */
  readonly period?: string;
  /** How the values are printed; left out where they are numbers only. */
  readonly printing?: Printing;
}

export interface GiveBack {
  readonly sequence: string;
  /** Id of the numbered block, and how many of its first values were used: the rest comes back. */
  readonly id: string;
  readonly used: number;
}

export interface Status {
  readonly version: string;
  readonly ready: boolean;
  readonly state: 'starting' | 'serving' | 'draining' | 'stopped' | 'failed';
  readonly dataDir: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly incarnation: string;
  readonly sequences: number;
  /** Sequences that may run out soon. */
  readonly warnings?: readonly string[];
  readonly streams: readonly StreamStatus[];
}

/** Why a stream's shards have the size they have: the last decisions, newest first, in the numbers they were made by. */
export interface Explanation {
  readonly stream: string;
  readonly sentences: readonly string[];
  readonly decisions: readonly ExplainedDecision[];
  /** Whose forecasts the reserve is made from, and their shares, which sum to one; 0 for those that say nothing of the stream now. */
  readonly experts: readonly { readonly expert: string; readonly weight: number }[];
  /** Moves of the stream between pools, newest first; left out where it never moved. */
  readonly moves?: readonly MoveView[];
}

export interface ExplainedDecision {
  readonly atMs: number;
  readonly shard: number;
  readonly size: number;
  readonly trigger: string;
  readonly reserve: string;
  readonly position: number;
  readonly reorderPoint: number;
  readonly orderUpTo: number;
  readonly rate: number;
  readonly forecastAtMs: number;
  readonly sentence: string;
}

/** Design invariant I8, per sequence generation. All counts in ordinals; `claimed` is the sum of the rest when all is well. */
export interface AuditAccount {
  readonly sequence: string;
  readonly generation: number;
  readonly claimed: number;
  readonly issued: number;
  readonly stock: number;
  readonly revokedInFlight: number;
  readonly free: number;
  readonly uncut: number;
  readonly unopened: number;
  readonly void: number;
  readonly burnt: number;
  readonly inDoubt: number;
  /** Of the stock, where numbers are reserved: held and not confirmed yet; cancelled or expired and not reserved again. */
  readonly reserved?: number;
  readonly givenUp?: number;
  readonly balanced: boolean;
  /** Of values that came out of another generator's counter: which adoption; `generation` is that too. */
  readonly adoption?: number;
}

export interface AuditReport {
  readonly ok: boolean;
  /** Ordinals that lie in the live parts of two shards, or were consumed twice: must be 0. */
  readonly duplicates: number;
  readonly problems: readonly string[];
  readonly accounts: readonly AuditAccount[];
  readonly recordsFolded: number;
  readonly recordsRejected: number;
}

/** Who got a value. */
export interface ValueOwner {
  readonly sequence: string;
  readonly value: string;
  /** As it is printed, where the sequence has a format. */
  readonly formatted?: string;
  readonly generation: number;
  readonly stream: string;
  readonly shard: number;
  readonly pool: string;
  readonly incarnation: string;
  readonly allocatedAtMs: number;
  readonly state: 'issued' | 'in-stock' | 'returned' | 'burnt' | 'in-doubt' | 'free' | 'reserved' | 'given-up';
  /** Span of the consumption event that covers it, where one does. */
  readonly issuedFromMs?: number;
  readonly issuedToMs?: number;
  /** Where numbers are reserved: whose reservation it is, or was last, and whose it was before. */
  readonly holder?: ValueHolder;
  readonly formerHolders?: readonly ValueHolder[];
}

/** A reservation that holds a number, or held it. */
export interface ValueHolder {
  readonly reservation: string;
  readonly state: ReservationState;
  readonly owner: string;
  readonly key?: string;
  readonly reservedAtMs: number;
  readonly endedAtMs?: number;
  readonly endedBy?: string;
  readonly because?: string;
}

export interface Announcement {
  readonly sequence: string;
  readonly clientType?: string;
  readonly service?: string;
  /** Values per second expected while it lasts. */
  readonly rate: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A record that was put aside. */
export interface DeadLetterView {
  /** `partition:offset` in the dead-letter topic. */
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly code: string;
  readonly message: string;
  readonly size: number;
  readonly atMs: number;
}

/** Where the values of a caller come from: client, stream, shard, pool, endpoint. */
export interface FoundPool {
  readonly stream: string;
  /** Newest shard that was allocated to the stream, where one is known. */
  readonly shard: { readonly partition: number; readonly shard: number; readonly incarnation: string } | undefined;
  readonly pool: string | undefined;
  readonly endpoint: string | undefined;
}

export interface SeqcastService extends ModelService, PoolService {
  /** What happens now, and the last quarter of an hour of busy streams; made when it is first asked for. */
  live(): LiveFeed;
  /** Where API keys are kept, beside the routes; left out where a process has no such table. */
  routeTable?(): RouteTable;
  /** Where adoptions are told; left out where a process gives out no values. */
  eventLog?(): EventLog;
  /** Sequences whose values come out of another generator's counter; left out where a process adopts none. */
  adoptions?(): AdoptionService;
  create(name: string, attributes: SequenceAttributes): Promise<SequenceDescription>;
  list(): readonly SequenceDescription[];
  describe(name: string): SequenceDescription;
  /** Changes attributes: a new generation that starts at `start` (given) or above everything given out so far. */
  alter(name: string, changes: SequenceAttributes): Promise<SequenceDescription>;
  restart(name: string, start?: bigint): Promise<SequenceDescription>;
  drop(name: string): Promise<void>;
  /** What such a change would do, and throws what it would throw; changes nothing. */
  plan(name: string, change: PlannedChange): ChangePlan;
  /** True where nothing that a call does leaves this process, but for adoptions. */
  staysInProcess?(): boolean;
  /** At once (no promise) when stock is at hand and the request has no idempotency key. */
  next(request: NextRequest): NextAnswer | Promise<NextAnswer>;
  /** Numbers without a gap; throws `SEQ_UNSUPPORTED` where this process has no transaction pool. */
  reservations(): ReservationService;
  /** Resolves when the store took the rest of the block back; `SEQ_BLOCK_UNKNOWN` if it holds no such block. */
  giveBack(giveBack: GiveBack): Promise<{ readonly returned: number }>;
  /** Route table: which stream a client id belongs to. */
  registerClient(clientId: string, route: { readonly clientType: string; readonly service: string }): Promise<void>;
  lookUpClient(clientId: string): Promise<{ readonly clientType: string; readonly service: string }>;
  /** Where a caller's values come from; throws `SEQ_UNKNOWN_SEQUENCE`, `SEQ_UNKNOWN_CLIENT`. */
  find(sequence: string, caller: Pick<NextRequest, 'clientId' | 'clientType' | 'service'>): FoundPool;
  members(): readonly MemberView[];
  /** Newest first. */
  deadLetters(limit: number): Promise<readonly DeadLetterView[]>;
  /** Appends the record to its topic once more; throws `SEQ_UNKNOWN_JOB`. */
  replayDeadLetter(id: string): Promise<DeadLetterView>;
  jobs(state: JobState, limit: number): Promise<readonly JobView[]>;
  /** Throws `SEQ_UNKNOWN_JOB`. */
  job(id: string): Promise<JobView>;
  /** Runs a dead job again; false where there is none of that id. */
  reviveJob(id: string): Promise<boolean>;
  /** Has a job write values into a file: exactly so many, however often it is interrupted. */
  issue(order: IssueAsked): Promise<{ readonly job: string }>;
  /** Has a job write a file again with a column of values. */
  stamp(order: StampAsked): Promise<{ readonly job: string }>;
  /** Raises the stock of a stream in time for a burst; the same begin said again replaces what was said of it. */
  announce(announcement: Announcement): Promise<void>;
  /** Those that are not over, by when they begin. */
  announcements(): readonly AnnouncementView[];
  /** Ends a burst, or takes it back before it begins; throws `SEQ_UNKNOWN_ANNOUNCEMENT`. */
  endAnnouncement(stream: string, fromMs: number): Promise<void>;
  profiles(): readonly ProfileView[];
  /** Throws `SEQ_UNKNOWN_PROFILE`. */
  profile(name: ProfileName): ProfileView;
  /** Sets, or replaces, what streams of a client type are expected to ask for. */
  setProfile(name: ProfileName, attributes: ProfileAttributes): Promise<ProfileView>;
  /** Throws `SEQ_UNKNOWN_PROFILE`. */
  removeProfile(name: ProfileName): Promise<void>;
  status(): Status;
  explain(stream: string): Explanation;
  /** The last day of a stream, replayed under the present cost ratio and under each of these; see `insight/cost-ratio.ts`. */
  whatIf(stream: string, costRatios: readonly number[]): Promise<WhatIf>;
  /** `value`: the value, or the text that it was printed as. */
  who(sequence: string, value: bigint | string): Promise<ValueOwner>;
  /** `onProgress` hears how much is folded, 0 to 1. */
  audit(onProgress?: (share: number) => void): Promise<AuditReport>;
  archive(): ArchiveService;
  topology(format: 'text' | 'mermaid'): string;
  /** Prometheus text format. */
  metrics(): Promise<string>;
  /** Why the process is not ready, or an empty list. */
  notReady(): readonly string[];
  /** What is wrong although the process is ready: a model that cannot be used. */
  notices(): readonly string[];
  /** Drains (stops intake, gives unused stock back to the ledger) and frees everything. Safe to call twice. */
  close(): Promise<void>;
}
