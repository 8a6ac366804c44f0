/**
 * What every process that callers may ask answers alike, wherever its stock is: sequences, clients, profiles, announcements, beside the
 * work in the background (work-service.ts). The services of one process and of a gateway add how values are taken.
 */
import { type Sequence, type TakeOutcome, type TakeRequest, takeEach } from 'seqcast-client';
import { SequenceError } from '../../../core/errors.ts';
import type { Generation } from '../../../core/ledger/ranges.ts';
import { checkName, type SequenceAttributes } from '../../../core/sequence.ts';
import type { StockState } from '../../../core/stock/stock-state.ts';
import { sequenceOfStream } from '../../../core/stream.ts';
import type { EventLog, RouteTable } from '../../../pipelines/ports.ts';
import { STAGES, topologyMermaid, topologyText } from '../../../pipelines/topology.ts';
import type { ExpectationDesk } from '../expectations/expectation-desk.ts';
import type { AnnouncementView, ProfileAttributes, ProfileName, ProfileView } from '../expectations/expectation-views.ts';
import type { RememberedDemand } from '../insight/remembered-demand.ts';
import type { WhatIf } from '../insight/what-if.ts';
import { WhatIfDesk } from '../insight/what-if-desk.ts';
import type { Administration } from '../ledger/administration.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import { LiveFeed } from '../live/live-feed.ts';
import type { KindView } from '../members/kind-views.ts';
import type { ReservationService } from '../reservations/reservation-service.ts';
import type { ChangePlan, PlannedChange } from '../value-space/change-plan.ts';
import type { ExhaustionWatch } from '../value-space/exhaustion-watch.ts';
import type { ClientRoutes } from './client-routes.ts';
import { inProcessSequence, type SequenceCaller } from './in-process-sequence.ts';
import type { Announcement, SeqcastService, SequenceDescription, Status } from './service.ts';
import { type WorkRoles, WorkService } from './work-service.ts';

/** The parts that these answers come from. */
export interface SequenceRoles extends WorkRoles {
  readonly partitionCount: number;
  readonly log: EventLog;
  readonly reader: LedgerReader;
  readonly administration: Administration;
  readonly directory: { streamCount(sequence: string): number };
  readonly clients: ClientRoutes;
  readonly expectations: ExpectationDesk;
  /** Left out where the process has no transaction pool. */
  readonly reservations?: ReservationService | undefined;
  /** What else is wrong although the process is ready. */
  readonly notices?: () => readonly string[];
  /** Left out where the stock is elsewhere. */
  readonly stock?: { readonly state: StockState } | undefined;
  /** Left out where no demand is remembered in this process. */
  readonly exhaustion?: ExhaustionWatch | undefined;
  /** Left out where this process does not choose kinds of pools. */
  readonly kindsOf?: (generation: Generation) => readonly KindView[];
}

type AnsweredAlike =
  | 'live'
  | 'create'
  | 'list'
  | 'describe'
  | 'alter'
  | 'restart'
  | 'drop'
  | 'plan'
  | 'reservations'
  | 'whatIf'
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
  | 'notices'
  | 'close';

export abstract class SequenceService<R extends SequenceRoles> extends WorkService<R> implements Pick<SeqcastService, AnsweredAlike> {
  #live: LiveFeed | undefined;
  #whatIf: WhatIfDesk | undefined;
  /** Those in use, by name and caller. */
  readonly #sequences = new Map<string, Sequence>();

  abstract status(): Status;

  abstract sequence(name: string, caller?: SequenceCaller): Sequence;

  /** What this process knows of a stream's last days. */
  protected abstract remembered(stream: string): RememberedDemand | undefined | Promise<RememberedDemand | undefined>;

  /** Values of several sequences; each has an outcome of its own. */
  takeEach(requests: readonly TakeRequest[]): Promise<readonly TakeOutcome[]> {
    return takeEach(this, requests);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  routeTable(): RouteTable {
    return this.roles.clients.table;
  }

  eventLog(): EventLog {
    return this.roles.log;
  }

  live(): LiveFeed {
    const { reader } = this.roles;
    this.#live ??= new LiveFeed({ reader, streams: () => this.status().streams, nowMs: () => this.status().nowMs });
    return this.#live;
  }

  async whatIf(stream: string, costRatios: readonly number[]): Promise<WhatIf> {
    this.mustServe();
    this.#whatIf ??= new WhatIfDesk({
      remembered: (id) => this.remembered(id),
      definitionOf: (id) => this.roles.administration.live(sequenceOfStream(id)).definition,
      monotonicMs: () => performance.now(),
    });
    return await this.#whatIf.ask(stream, costRatios);
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

  notices(): readonly string[] {
    const { models, notices } = this.roles;
    const problems = [...(models?.directory.problems() ?? []), ...(notices?.() ?? [])];
    return [...new Set([...problems, ...(this.roles.exhaustion?.warnings() ?? [])])];
  }

  /** What sequence objects have in hand is given back first. */
  async close(): Promise<void> {
    this.#live?.close();
    await this.#whatIf?.close();
    await Promise.all([...this.#sequences.values()].map((sequence) => sequence.close()));
    await this.roles.life.close();
  }

  /**
   * A sequence object as the client package has it: `await next()`, synchronous `tryNext()`, blocks at hand. The same object for the same
   * name and caller.
   */
  protected sequenceOf(service: SeqcastService, name: string, caller: SequenceCaller): Sequence {
    const { clientId, clientType, service: ofService } = caller;
    const key = [name, clientId, clientType, ofService].join('/');
    const known = this.#sequences.get(key);
    if (known !== undefined && !known.isClosed) return known;
    this.roles.administration.live(name);
    const made = inProcessSequence(service, name, caller);
    this.#sequences.set(key, made);
    return made;
  }

  protected definitionOf(name: string, generation: number): Generation['definition'] {
    const found = this.roles.administration.ranges(name).generations.get(generation);
    if (found === undefined) throw new SequenceError('SEQ_UNKNOWN_SEQUENCE', `sequence ${name} has no generation ${generation}`);
    return found.definition;
  }

  #describe(generation: Generation): SequenceDescription {
    const { name, definition, id, next, capacity } = generation;
    const { administration, directory } = this.roles;
    const claimed = administration.ranges(name).generations.get(id)?.next ?? next;
    const exhaustion = this.roles.exhaustion?.of(generation);
    const streams = directory.streamCount(name);
    const servedBy = this.roles.kindsOf?.(generation);
    const seen = { ...(servedBy !== undefined && { servedBy }), ...(exhaustion !== undefined && { exhaustion }) };
    return { name, definition, generation: id, claimed, capacity, streams, ...seen };
  }
}
