/**
 * The transaction pool as a process sees it that does not run it: asks whoever does, as the members topic tells.
 *
 * Whatever is asked may be asked again: a key finds what it reserved, an id that was confirmed stays so, and a read changes nothing. So a
 * question that was on its way when its owner died is put to the next one, within the time that a caller waits. A `next` without a key may
 * then leave values behind that nobody was told of: they are burnt, as its sequence allows. An alteration is not asked again.
 */
import { setMaxListeners } from 'node:events';
import { Agent, request } from 'node:http';
import { SequenceError } from '../../../core/errors.ts';
import { WAIT_MS_MAX } from '../../../core/limits.ts';
import type { SequenceAttributes } from '../../../core/sequence.ts';
import type { Clock, Registrar } from '../../../pipelines/ports.ts';
import type { MemberEvent } from '../../../schemas/messages.ts';
import type { MemberDirectory } from '../members/member-directory.ts';
import type { Issued, IssueRequest } from './issue-desk.ts';
import { answerFrom, fromWire, type PoolCallName, type PoolCalls, type SeenRanges, toWire } from './pool-calls.ts';
import { secretHeader } from './pool-door.ts';
import { TRANSACTION_POOL } from './pool-word.ts';
import type {
  ReportPageView,
  ReportRequest,
  ReservationEnding,
  ReservationService,
  ReservationView,
  Reserved,
  ReserveRequest,
  ReuseView,
  VoidView,
} from './reservation-service.ts';

/** Connections to the owner; a call that finds all of them busy waits for one. */
const CONNECTIONS_MAX = 256;
/** An owner that failed to answer and goes on saying that it lives is asked again after so long. */
const AGAIN_MS = 500;
/** An owner that said nothing for so long, without another one in its place, is not waited for. */
const GONE_MS = 10_000;
const POLL_MS = 10;

interface Owner {
  readonly life: string;
  readonly endpoint: string;
  heardAtMs: number;
  isLeaving: boolean;
  /** Ends what is asked of it once another one is heard of. */
  readonly asked: AbortController;
}

export interface RemoteNumbersOptions {
  readonly members: MemberDirectory;
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  readonly secret: string | undefined;
  /** What this process knows of the sequence; the owner must know it as well. */
  readonly seen: (sequence: string) => SeenRanges | undefined;
}

export class RemoteNumbers implements ReservationService {
  /** The store of the pool, read through its owner. */
  readonly store: Pick<Registrar, 'status' | 'voids' | 'holders'> = {
    status: (series) => this.#call('storedSeries', { series }),
    voids: async (series, page) => this.#call('storedVoids', { series, page }),
    holders: (series, ordinal) => this.#call('storedHolders', { series, ordinal }),
  };
  readonly #options: RemoteNumbersOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
  readonly #former = new Set<string>();
  #owner: Owner | undefined;

  constructor(options: RemoteNumbersOptions) {
    this.#options = options;
    const { members, clock, monotonicMs } = options;
    const last = members.list().find(({ role, member }) => role === 'pool' && member === TRANSACTION_POOL);
    if (last !== undefined) {
      const heardAtMs = monotonicMs() - Math.max(0, clock.nowMs() - last.heardAtMs);
      this.#owner = ownerOf(last.incarnation, last.endpoint, heardAtMs, last.state === 'draining');
    }
    members.listen((event) => this.#onMember(event));
  }

  /** False in an installation in which nobody ever ran the pool. */
  get isThere(): boolean {
    return this.#owner !== undefined;
  }

  /** Where it is reached now; undefined while nobody runs it. */
  get endpoint(): string | undefined {
    return this.#owner?.isLeaving === false ? this.#owner.endpoint : undefined;
  }

  issue(asked: IssueRequest): Promise<Issued> {
    return this.#call('issue', asked, asked.sequence);
  }

  reserve(asked: ReserveRequest): Promise<Reserved> {
    return this.#call('reserve', asked, asked.sequence);
  }

  confirm(ending: ReservationEnding): Promise<ReservationView> {
    return this.#call('confirm', ending, ending.sequence);
  }

  cancel(ending: ReservationEnding & { readonly because: string }): Promise<ReservationView> {
    return this.#call('cancel', ending, ending.sequence);
  }

  find(sequence: string | undefined, id: string): Promise<ReservationView> {
    return this.#call('find', { ...(sequence !== undefined && { sequence }), id }, sequence);
  }

  voids(asked: ReportRequest): Promise<ReportPageView<VoidView>> {
    return this.#call('voids', asked, asked.sequence);
  }

  reuses(asked: ReportRequest): Promise<ReportPageView<ReuseView>> {
    return this.#call('reuses', asked, asked.sequence);
  }

  /** Has the owner alter a sequence behind its last reserved number. */
  async alter(name: string, changes: SequenceAttributes): Promise<void> {
    await this.#call('alter', { name, changes }, name);
  }

  /** Resolves once the owner knows of the generation, and reserves nothing of an older one any more. */
  async settled(sequence: string, generation: number): Promise<void> {
    if (this.isThere) await this.#call('settled', { sequence, generation }, sequence);
  }

  close(): void {
    this.#owner?.asked.abort();
    this.#agent.destroy();
  }

  #onMember({ role, member, event, incarnation, endpoint }: MemberEvent): void {
    // A life that was followed by another does not come back, whatever it goes on saying.
    if (role !== 'pool' || member !== TRANSACTION_POOL || this.#former.has(incarnation)) return;
    const owner = this.#owner;
    if (owner?.life !== incarnation) {
      if (owner !== undefined) this.#former.add(owner.life);
      this.#owner = ownerOf(incarnation, endpoint, this.#options.monotonicMs(), event === 'draining');
      owner?.asked.abort();
      return;
    }
    owner.heardAtMs = this.#options.monotonicMs();
    if (event === 'draining') owner.isLeaving = true;
  }

  async #call<K extends PoolCallName>(
    call: K,
    of: Parameters<PoolCalls[K]>[0],
    sequence?: string,
  ): Promise<Awaited<ReturnType<PoolCalls[K]>>> {
    const { monotonicMs, seen } = this.#options;
    const deadlineMs = monotonicMs() + WAIT_MS_MAX;
    const known = sequence === undefined ? undefined : seen(sequence);
    const question = toWire({ call, of, ...(known !== undefined && { seen: known }) });
    let failure: SequenceError | undefined;
    let failed: { readonly owner: Owner; readonly atMs: number } | undefined;
    for (;;) {
      const owner = await this.#ownerToAsk(failed, failure, deadlineMs);
      try {
        return answerFrom(fromWire(await this.#ask(owner, question, deadlineMs))) as Awaited<ReturnType<PoolCalls[K]>>;
      } catch (error) {
        const { failed: known, isOpen } = failureOf(error, owner, call);
        if (!isOpen) throw known;
        failure = known;
        failed = { owner, atMs: monotonicMs() };
      }
    }
  }

  /** Another one than the one that failed, or that one again where it goes on living. */
  async #ownerToAsk(
    failed: { readonly owner: Owner; readonly atMs: number } | undefined,
    failure: SequenceError | undefined,
    deadlineMs: number,
  ): Promise<Owner> {
    const { monotonicMs } = this.#options;
    for (;;) {
      const owner = this.#owner;
      const nowMs = monotonicMs();
      if (owner === undefined) throw noOwner('no process runs it: start one with the role filler and --postgres');
      const isOther = owner !== failed?.owner;
      const isAgain = failed !== undefined && owner.heardAtMs > failed.atMs && nowMs - failed.atMs >= AGAIN_MS;
      if (!owner.isLeaving && (isOther || isAgain)) return owner;
      if (nowMs > deadlineMs || nowMs - owner.heardAtMs > GONE_MS)
        throw failure ?? noOwner('the process that ran it is gone, and none took over');
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  #ask({ endpoint, asked }: Owner, question: string, deadlineMs: number): Promise<string> {
    const timeout = Math.max(1, deadlineMs - this.#options.monotonicMs());
    const headers = { 'content-type': 'application/json', ...secretHeader(this.#options.secret) };
    return new Promise((resolve, reject) => {
      const asking = request(endpoint, { method: 'POST', agent: this.#agent, headers, signal: asked.signal, timeout }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => (response.complete ? resolve(text) : reject(new Error('the answer was cut off'))));
      });
      asking.on('timeout', () => asking.destroy(new Error('no answer in time')));
      asking.on('error', reject);
      asking.end(question);
    });
  }
}

function ownerOf(life: string, endpoint: string, heardAtMs: number, isLeaving: boolean): Owner {
  const asked = new AbortController();
  // One for each question that is on its way.
  setMaxListeners(0, asked.signal);
  return { life, endpoint, heardAtMs, isLeaving, asked };
}

function noOwner(why: string): SequenceError {
  return new SequenceError('SEQ_NOT_READY', `what is durable before it is answered comes out of the transaction pool, and ${why}`);
}

/** `isOpen`: the same question may be put again, to the next owner. */
function failureOf(error: unknown, { endpoint }: Owner, call: PoolCallName): { readonly failed: SequenceError; readonly isOpen: boolean } {
  if (error instanceof SequenceError) {
    // What is being taken over answers so.
    const isOpen = error.code === 'SEQ_NOT_READY' || (error.code === 'SEQ_FENCED' && call !== 'alter');
    return { failed: error, isOpen };
  }
  const why = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
  const again = call === 'alter' ? 'look what became of the change' : 'ask again, with the same key';
  const message = `the transaction pool at ${endpoint} did not answer (${why}): ${again}`;
  return { failed: new SequenceError('SEQ_NOT_READY', message, {}, { cause: error }), isOpen: call !== 'alter' };
}
