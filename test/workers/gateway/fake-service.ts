/** A service that keeps its sequences in memory and remembers what it was asked: enough to test the ways in, and nothing else. */
import { SequenceError } from '../../../core/errors.ts';
import { printingOf } from '../../../core/format/printed-form.ts';
import { checkName, defineSequence, type SequenceAttributes } from '../../../core/sequence.ts';
import type { JobView } from '../../../pipelines/ports.ts';
import type { IssueAsked, StampAsked } from '../../../workers/runtime/bulk/bulk-order.ts';
import type {
  AnnouncementView,
  ProfileAttributes,
  ProfileName,
  ProfileView,
} from '../../../workers/runtime/expectations/expectation-views.ts';
import type { LedgerListener } from '../../../workers/runtime/ledger/ledger-reader.ts';
import { LiveFeed } from '../../../workers/runtime/live/live-feed.ts';
import { ownPool, type PoolsView, type PoolView } from '../../../workers/runtime/members/pool-views.ts';
import type {
  Announcement,
  DeadLetterView,
  FoundPool,
  MemberView,
  NextAnswer,
  NextRequest,
  SeqcastService,
  SequenceDescription,
  Status,
} from '../../../workers/runtime/service/service.ts';
import type { ModelDetails, ModelView, RolledBack, TrainingOrder } from '../../../workers/runtime/training/model-views.ts';
import type { ChangePlan, PlannedChange } from '../../../workers/runtime/value-space/change-plan.ts';

interface FakeSequence {
  description: SequenceDescription;
  next: bigint;
}

const MODEL: ModelView = {
  model: 'lstm@3f2a90c1',
  family: 'lstm',
  version: '3f2a90c1',
  state: 'challenger',
  because: 'it saves 0.4 %, at least 1.0 % are needed',
  madeAtMs: 5_000,
  trainedUntilMs: 4_000,
  kind: 'full',
  steps: 2_000,
  streams: 3,
  loss: 0.25,
  improvement: 0.004,
};

const MODEL_JOB: JobView = {
  id: 'train-01',
  name: 'train',
  data: { kind: 'full' },
  state: 'running',
  attempt: 1,
  progress: 0.25,
  addedAtMs: 1_000,
  endedAtMs: undefined,
  result: undefined,
  error: undefined,
  note: 'step 500 of 2000, loss 0.2500, 90 s to go',
};

function profileKey({ clientType, service = '', sequence = '' }: ProfileName): string {
  return `${clientType}/${service}/${sequence}`;
}

export class FakeService implements SeqcastService {
  readonly asked: unknown[] = [];
  readonly returned: unknown[] = [];
  readonly drained = new Set<string>();
  readonly ledgerListeners: LedgerListener[] = [];
  #live: LiveFeed | undefined;
  readonly #sequences = new Map<string, FakeSequence>();
  readonly #clients = new Map<string, { readonly clientType: string; readonly service: string }>();
  readonly #profiles = new Map<string, ProfileView>();
  readonly #bursts = new Map<string, AnnouncementView>();
  state: Status['state'] = 'serving';
  closed = 0;
  noticed: readonly string[] = [];
  /** Set to let `next` wait: it resolves when `release` is called. */
  waiting = false;
  /** Thrown by whatever is called next. */
  fault: unknown;
  #release: (() => void)[] = [];

  async create(name: string, attributes: SequenceAttributes): Promise<SequenceDescription> {
    this.#failing();
    checkName('sequence', name);
    const definition = defineSequence(attributes);
    const description = { name, definition, generation: this.#sequences.size, claimed: 0, capacity: 1_000_000, streams: 0 };
    const existing = this.#sequences.get(name);
    if (existing !== undefined) {
      const same = Object.entries(definition).every(
        ([key, value]) => (existing.description.definition as unknown as Record<string, unknown>)[key] === value,
      );
      if (!same) throw new SequenceError('SEQ_SEQUENCE_EXISTS', `sequence ${name} exists with other attributes`);
      return existing.description;
    }
    this.#sequences.set(name, { description, next: definition.start });
    return description;
  }

  find(): FoundPool {
    return { stream: 'orders/web/checkout', shard: undefined, pool: 'pool-0', endpoint: 'this process' };
  }

  members(): readonly MemberView[] {
    return [];
  }

  async deadLetters(): Promise<readonly DeadLetterView[]> {
    return [];
  }

  async replayDeadLetter(id: string): Promise<DeadLetterView> {
    throw new SequenceError('SEQ_UNKNOWN_JOB', `there is no dead letter ${id}`);
  }

  async jobs(): Promise<readonly JobView[]> {
    return [];
  }

  async job(id: string): Promise<JobView> {
    if (id !== MODEL_JOB.id) throw new SequenceError('SEQ_UNKNOWN_JOB', `there is no job ${id}`);
    return MODEL_JOB;
  }

  async models(): Promise<readonly ModelView[]> {
    this.#failing();
    return [MODEL];
  }

  async model(version: string): Promise<ModelDetails> {
    if (version !== MODEL.version && version !== MODEL.model) throw new SequenceError('SEQ_UNKNOWN_MODEL', `there is no model ${version}`);
    return { ...MODEL, card: undefined, page: `# ${MODEL.model}\n` };
  }

  async promoteModel(version: string): Promise<ModelView> {
    this.asked.push({ promote: version });
    if (version !== MODEL.version) throw new SequenceError('SEQ_MODEL_INVALID', 'weight 7 is NaN');
    return { ...MODEL, state: 'champion' };
  }

  async rollBackModel(family?: string): Promise<RolledBack> {
    this.asked.push({ rollBack: family });
    return { rolledBack: MODEL.model, inService: undefined };
  }

  async train(order: TrainingOrder): Promise<{ readonly job: string }> {
    this.asked.push(order);
    return { job: MODEL_JOB.id };
  }

  async issue(order: IssueAsked): Promise<{ readonly job: string }> {
    this.asked.push(order);
    return { job: 'issue-01' };
  }

  async stamp(order: StampAsked): Promise<{ readonly job: string }> {
    this.asked.push(order);
    return { job: 'stamp-01' };
  }

  notices(): readonly string[] {
    return this.noticed;
  }

  async reviveJob(): Promise<boolean> {
    return false;
  }

  list(): readonly SequenceDescription[] {
    this.#failing();
    return [...this.#sequences.values()].map(({ description }) => description);
  }

  describe(name: string): SequenceDescription {
    return this.#find(name).description;
  }

  async alter(name: string, changes: SequenceAttributes): Promise<SequenceDescription> {
    const sequence = this.#find(name);
    const definition = defineSequence({ ...sequence.description.definition, ...changes });
    sequence.description = { ...sequence.description, definition, generation: sequence.description.generation + 1 };
    return sequence.description;
  }

  async restart(name: string, start?: bigint): Promise<SequenceDescription> {
    const sequence = this.#find(name);
    sequence.next = start ?? sequence.description.definition.start;
    return await this.alter(name, start === undefined ? {} : { start });
  }

  plan(name: string, change: PlannedChange): ChangePlan {
    const { generation } = this.#find(name).description;
    this.asked.push({ plan: name, ...change });
    const lapses = { free: 0, uncut: 3, unopened: 0, unclaimed: 7 };
    const givenAgain = [{ generation, lowest: 1n, highest: 21n, count: 21n }];
    return {
      sequence: name,
      change: change.kind,
      generation,
      pools: [],
      lapses,
      givenAgain,
      fences: [2],
      sentences: ['Nothing was changed.'],
    };
  }

  async drop(name: string): Promise<void> {
    this.#find(name);
    this.#sequences.delete(name);
  }

  next(request: NextRequest): NextAnswer | Promise<NextAnswer> {
    this.asked.push(request);
    const sequence = this.#find(request.sequence);
    if (request.clientId !== undefined && !this.#clients.has(request.clientId))
      throw new SequenceError('SEQ_UNKNOWN_CLIENT', `client ${request.clientId} is not registered`);
    if (!this.waiting) return this.#take(sequence, request, false);
    return new Promise((resolve) => {
      this.#release.push(() => resolve(this.#take(sequence, request, true)));
    });
  }

  release(): void {
    this.waiting = false;
    for (const release of this.#release.splice(0)) release();
  }

  async giveBack(giveBack: { readonly id: string; readonly used: number }): Promise<{ readonly returned: number }> {
    this.#failing();
    this.returned.push(giveBack);
    if (!giveBack.id.startsWith('block-')) throw new SequenceError('SEQ_BLOCK_UNKNOWN', `block ${giveBack.id} is not out`);
    return { returned: 10 - giveBack.used };
  }

  async registerClient(clientId: string, route: { readonly clientType: string; readonly service: string }): Promise<void> {
    this.#clients.set(clientId, route);
  }

  async lookUpClient(clientId: string): Promise<{ readonly clientType: string; readonly service: string }> {
    const route = this.#clients.get(clientId);
    if (route === undefined) throw new SequenceError('SEQ_UNKNOWN_CLIENT', `client ${clientId} is not registered`);
    return route;
  }

  async announce(announcement: Announcement): Promise<void> {
    this.#find(announcement.sequence);
    this.asked.push(announcement);
    const { sequence, clientType = 'default', service = 'default', rate, fromMs, untilMs } = announcement;
    const stream = `${sequence}/${clientType}/${service}`;
    this.#bursts.set(`${stream} ${fromMs}`, { stream, sequence, clientType, service, rate, fromMs, untilMs, state: 'planned' });
  }

  announcements(): readonly AnnouncementView[] {
    return [...this.#bursts.values()];
  }

  async endAnnouncement(stream: string, fromMs: number): Promise<void> {
    if (!this.#bursts.delete(`${stream} ${fromMs}`)) throw new SequenceError('SEQ_UNKNOWN_ANNOUNCEMENT', `no burst of ${stream}`);
  }

  profiles(): readonly ProfileView[] {
    return [...this.#profiles.values()];
  }

  profile(name: ProfileName): ProfileView {
    const profile = this.#profiles.get(profileKey(name));
    if (profile === undefined) throw new SequenceError('SEQ_UNKNOWN_PROFILE', `there is no profile of ${name.clientType}`);
    return profile;
  }

  async setProfile(name: ProfileName, attributes: ProfileAttributes): Promise<ProfileView> {
    const { days = [], fromMinute = 0, untilMinute = 0, utcOffsetMinutes = 0 } = attributes;
    const isWhole = [...days, fromMinute, untilMinute, utcOffsetMinutes].every(Number.isSafeInteger) && fromMinute >= 0 && untilMinute >= 0;
    if (!isWhole) throw new SequenceError('SEQ_INVALID_REQUEST', 'days and minutes are whole numbers');
    const profile = { ...name, ...attributes, setAtMs: 61_000 };
    this.#profiles.set(profileKey(name), profile);
    return profile;
  }

  async removeProfile(name: ProfileName): Promise<void> {
    this.profile(name);
    this.#profiles.delete(profileKey(name));
  }

  live(): LiveFeed {
    const reader = { shards: [], listen: (listener: LedgerListener) => this.ledgerListeners.push(listener) };
    this.#live ??= new LiveFeed({ reader, streams: () => this.status().streams, nowMs: () => 61_000 });
    return this.#live;
  }

  status(): Status {
    this.#failing();
    const stream = {
      demandPerSecond: 12.5,
      forecastMedian: 3,
      forecastUpper: 9,
      stock: 100,
      waiting: 0,
      reorderPoint: 20,
      orderUpTo: 200,
      leadTimeMs: 4,
    };
    const totals = { requestsTotal: 7, stallsTotal: 1, issuedTotal: 21, allocationsTotal: 2, returnedTotal: 0 };
    return {
      version: '0.1.0',
      ready: this.state === 'serving',
      state: this.state,
      dataDir: '.seqcast',
      startedAtMs: 1_000,
      nowMs: 61_000,
      incarnation: 'life-1',
      sequences: this.#sequences.size,
      streams: [...this.#sequences.keys()].map((name) => ({ stream: `${name}/web/checkout`, pool: 'pool-1', ...stream, ...totals })),
    };
  }

  explain(stream: string): ReturnType<SeqcastService['explain']> {
    if (!this.#sequences.has(stream.split('/')[0] ?? '')) throw new SequenceError('SEQ_UNKNOWN_STREAM', `nothing was asked of ${stream}`);
    const numbers = { position: 5, reorderPoint: 20, orderUpTo: 200, rate: 12.5, forecastAtMs: 900 };
    const sentence = 'Shard 4 has 195 values: stock had fallen to 5, below 20.';
    return {
      stream,
      sentences: ['It has 100 values in stock.'],
      decisions: [{ atMs: 1_000, shard: 4, size: 195, trigger: 'reorder', reserve: 'forecast', ...numbers, sentence }],
      experts: [{ expert: 'reactive@1', weight: 1 }],
    };
  }

  async whatIf(stream: string, costRatios: readonly number[]): ReturnType<SeqcastService['whatIf']> {
    this.asked.push({ stream, costRatios });
    if (!this.#sequences.has(stream.split('/')[0] ?? '')) throw new SequenceError('SEQ_UNKNOWN_STREAM', `too little is known of ${stream}`);
    const figures = { idleMean: 100, idleMax: 200, stalled: 0, stalledPpm: 0, allocations: 55, allocationsPerHour: 55, returns: 1 };
    const run = (costRatio: number) => {
      return { costRatio, aimedPerHour: 55, idleValueHours: 2.5, ...figures, orderMean: 150, orderMax: 195, stock: [100, 90] };
    };
    const day = { fromMs: 60_000, toMs: 660_000, leadTimeMs: 20, burnCost: 'none', demanded: 8_250, stepMs: 300_000, demand: [13, 14] };
    return { stream, ...day, now: run(1), runs: costRatios.map(run) };
  }

  async who(sequence: string, value: bigint | string): ReturnType<SeqcastService['who']> {
    this.#find(sequence);
    if (typeof value === 'bigint' && value > 1_000n) throw new SequenceError('SEQ_UNKNOWN_VALUE', `value ${value} was never allocated`);
    const where = { generation: 0, stream: `${sequence}/web/checkout`, shard: 4, pool: 'pool-1', incarnation: 'life-1' };
    return { sequence, value: String(value), ...where, allocatedAtMs: 1_000, state: 'issued', issuedFromMs: 2_000, issuedToMs: 3_000 };
  }

  pools(): PoolsView {
    const pool = ownPool({ name: 'pool-0', incarnation: 'life-1' }, this.status());
    const drain = { sinceMs: 1_000, streams: 4, endsAtMs: 5_000 };
    const moved = { stream: 'orders/web/checkout', from: 'pool-0', to: 'pool-1', reason: 'drain', why: 'pool-0 drains' } as const;
    const moves = [{ ...moved, fromLoad: 0.4, toLoad: 0.1, assignment: 2, allocator: 'allocator-0', atMs: 2_000 }];
    return { pools: [this.drained.has('pool-0') ? { ...pool, state: 'draining', drain } : pool], moves };
  }

  async drain(pool: string): Promise<PoolView> {
    if (pool !== 'pool-0') throw new SequenceError('SEQ_UNKNOWN_POOL', `no pool is called ${pool}`);
    this.drained.add(pool);
    return this.pools().pools[0] as PoolView;
  }

  async undrain(pool: string): Promise<PoolView> {
    this.drained.delete(pool);
    return this.pools().pools[0] as PoolView;
  }

  archive(): ReturnType<SeqcastService['archive']> {
    const answered = (what: string) => async (span: object, by?: string) => {
      this.asked.push({ what, span, by });
      return { fromMs: 1, toMs: 2, rows: [] };
    };
    return { usage: answered('usage'), burns: answered('burns'), forecastErrors: answered('forecastErrors') };
  }

  reservations(): ReturnType<SeqcastService['reservations']> {
    throw new SequenceError('SEQ_UNSUPPORTED', 'this service has no transaction pool');
  }

  async audit(): ReturnType<SeqcastService['audit']> {
    this.#failing();
    const counts = { claimed: 30, issued: 21, stock: 9, revokedInFlight: 0, free: 0, uncut: 0, unopened: 0, void: 0, burnt: 0, inDoubt: 0 };
    const accounts = [...this.#sequences.keys()].map((sequence) => ({ sequence, generation: 0, ...counts, balanced: true }));
    return { ok: true, duplicates: 0, problems: [], accounts, recordsFolded: 12, recordsRejected: 1 };
  }

  topology(format: 'text' | 'mermaid'): string {
    return format === 'text' ? 'filling\n' : 'flowchart LR\n';
  }

  async metrics(): Promise<string> {
    return 'seqcast_issued_total 21\n';
  }

  notReady(): readonly string[] {
    return this.state === 'serving' ? [] : [`the process is ${this.state}`];
  }

  async close(): Promise<void> {
    this.closed += 1;
    this.release();
    this.state = 'stopped';
  }

  #take(sequence: FakeSequence, { count, numbered, sequence: name }: NextRequest, stalled: boolean): NextAnswer {
    const { definition } = sequence.description;
    const { increment, order, periodStart: period } = definition;
    const printing = printingOf(definition);
    const form = { ...(period !== '' && { period }), ...(printing !== undefined && { printing }) };
    const start = sequence.next;
    sequence.next += BigInt(count) * increment;
    const blocks = [{ start, count, increment, ...(numbered === true && { id: `block-${start}` }) }];
    return { sequence: name, order, blocks, stalled, ...form };
  }

  #find(name: string): FakeSequence {
    this.#failing();
    const sequence = this.#sequences.get(name);
    if (sequence === undefined) throw new SequenceError('SEQ_UNKNOWN_SEQUENCE', `no sequence is called ${name}`);
    return sequence;
  }

  #failing(): void {
    if (this.fault !== undefined) throw this.fault;
  }
}
