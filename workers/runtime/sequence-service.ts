/**
 * What every process that callers may ask answers alike, wherever its stock is: sequences, clients, announcements, records that were put
 * aside, jobs. The services of one process and of a gateway add how values are taken.
 */
import type { Sequence } from 'seqcast-client';
import { SequenceError } from '../../core/errors.ts';
import type { Generation } from '../../core/ledger/ranges.ts';
import { checkName, type SequenceAttributes } from '../../core/sequence.ts';
import type { EventLog, JobQueue, JobState, JobView } from '../../pipelines/ports.ts';
import { STAGES, topologyMermaid, topologyText } from '../../pipelines/topology.ts';
import type { Administration } from './administration.ts';
import { appendAnnouncement } from './announcing.ts';
import type { ClientRoutes } from './client-routes.ts';
import type { DeadLetters } from './dead-letters.ts';
import { inProcessSequence, type SequenceCaller } from './in-process-sequence.ts';
import type { LedgerReader } from './ledger-reader.ts';
import type { Life } from './life.ts';
import type { Announcement, DeadLetterView, SeqcastService, SequenceDescription } from './service.ts';

/** The parts that these answers come from. */
export interface SequenceRoles {
  readonly partitionCount: number;
  readonly log: EventLog;
  readonly reader: LedgerReader;
  readonly administration: Administration;
  readonly directory: { streamCount(sequence: string): number };
  readonly clients: ClientRoutes;
  readonly deadLetters: DeadLetters;
  readonly jobs: JobQueue;
  readonly life: Life;
}

type AnsweredAlike =
  | 'create'
  | 'list'
  | 'describe'
  | 'alter'
  | 'restart'
  | 'drop'
  | 'registerClient'
  | 'lookUpClient'
  | 'announce'
  | 'topology'
  | 'deadLetters'
  | 'replayDeadLetter'
  | 'jobs'
  | 'reviveJob'
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
    const { log, administration, partitionCount } = this.roles;
    await appendAnnouncement(log, partitionCount, administration.live(announcement.sequence).definition, announcement);
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

  jobs(state: JobState, limit: number): Promise<readonly JobView[]> {
    return this.roles.jobs.list(state, limit);
  }

  reviveJob(id: string): Promise<boolean> {
    this.mustServe();
    return this.roles.jobs.revive(id);
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

  #describe(generation: Generation): SequenceDescription {
    const { name, definition, id, next, capacity } = generation;
    const { administration, directory } = this.roles;
    const claimed = administration.ranges(name).generations.get(id)?.next ?? next;
    return { name, definition, generation: id, claimed, capacity, streams: directory.streamCount(name) };
  }
}
