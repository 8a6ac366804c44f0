/**
 * What every actor of a simulated world shares: virtual time, the logs behind an adversarial append layer, the topics, and the
 * messages that are still on their way.
 */
import type { LedgerRecord, RangesRecord, ShardsRecord } from '../core/ledger/records.ts';
import type { Rules } from '../core/ledger/rules.ts';
import type { StockState } from '../core/stock/stock-state.ts';
import type { Taken } from '../core/stock/take.ts';
import type { Proposal } from '../pipelines/allocation.ts';
import type { Forecast, MemberEvent, RefillOrder } from '../schemas/messages.ts';
import { AnswerCheck } from './checks/answer-check.ts';
import { LedgerCheck } from './checks/ledger-check.ts';
import type { Coverage } from './coverage.ts';
import type { Dice } from './dice.ts';
import type { Fault } from './faults.ts';

/** Gets one line for everything that happens. */
export type Trace = (line: string) => void;

export interface SurroundingsOptions {
  readonly rules: Rules;
  readonly partitionCount: number;
  readonly faults: ReadonlySet<Fault>;
  readonly coverage: Coverage;
  readonly trace?: Trace | undefined;
}

interface Pending {
  readonly atMs: number;
  readonly deliver: () => void;
}

/** How often a message of the faulty phase meets one of the faults that are on. */
const MESSAGE_FAULT_SHARE = 0.2;
const APPEND_FAULTS: readonly Fault[] = ['lost-append', 'late-append', 'very-late-append', 'duplicate-append'];
/** Virtual time begins here: well above 0, so that a zero never looks like a time, and so long before midnight that much happens until then. */
const BEGIN_MS = 86_400_000 - 8_000;

export class Surroundings {
  readonly rules: Rules;
  readonly partitionCount: number;
  readonly faults: ReadonlySet<Fault>;
  readonly coverage: Coverage;
  readonly ranges: RangesRecord[][];
  readonly shards: ShardsRecord[][];
  readonly orders: RefillOrder[][];
  readonly forecasts: Forecast[][];
  /** Which life each pool said that it lives, as often as it said so. */
  readonly members: MemberEvent[] = [];
  /** Pools that operators want empty. */
  readonly draining = new Set<string>();
  readonly ledger: LedgerCheck;
  readonly answers: AnswerCheck;
  nowMs = BEGIN_MS;
  /** The quiet phase: nothing goes wrong any more. */
  quiet = false;
  /** Soonest last, so that the next one is popped. */
  readonly #pending: Pending[] = [];
  readonly #trace: Trace | undefined;
  #minted = 0;

  constructor(options: SurroundingsOptions) {
    const { rules, partitionCount, faults, coverage, trace } = options;
    this.#trace = trace;
    const perPartition = <T>(): T[][] => Array.from({ length: partitionCount }, () => []);
    this.rules = rules;
    this.partitionCount = partitionCount;
    this.faults = faults;
    this.coverage = coverage;
    this.ranges = perPartition();
    this.shards = perPartition();
    this.orders = perPartition();
    this.forecasts = perPartition();
    this.ledger = new LedgerCheck(partitionCount, rules, coverage);
    this.answers = new AnswerCheck(this.ledger);
  }

  /** A name nobody had before: what a store mints when its data was replaced. */
  mint(pool: string): string {
    this.#minted++;
    return `${pool}#${this.#minted}`;
  }

  /** Returns by how much time moved on. */
  advanceTo(atMs: number): number {
    const before = this.nowMs;
    this.nowMs = Math.max(before, BEGIN_MS + atMs);
    this.deliverDue();
    return this.nowMs - before;
  }

  advanceBy(ms: number): void {
    this.nowMs += ms;
    this.deliverDue();
  }

  /** Delivers what is due by now, oldest first. */
  deliverDue(): void {
    for (let next = this.#pending.at(-1); next !== undefined && next.atMs <= this.nowMs; next = this.#pending.at(-1)) {
      this.#pending.pop();
      next.deliver();
    }
  }

  deliverAll(): void {
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) next.deliver();
  }

  later(delayMs: number, deliver: () => void): void {
    const atMs = this.nowMs + delayMs;
    let i = this.#pending.length;
    while (i > 0 && (this.#pending[i - 1] as Pending).atMs <= atMs) i--;
    this.#pending.splice(i, 0, { atMs, deliver });
  }

  /** One of the given faults, where it is on and strikes now. */
  strikes(dice: Dice, candidates: readonly Fault[]): Fault | undefined {
    if (this.quiet || !dice.chance(MESSAGE_FAULT_SHARE)) return undefined;
    const fault = dice.pick(candidates);
    if (!this.faults.has(fault)) return undefined;
    this.coverage.count(fault);
    return fault;
  }

  /** Sends a record to its log; what arrives, when and how often is for the dice to say. */
  propose(proposal: Proposal, dice: Dice): void {
    const fault = this.strikes(dice, APPEND_FAULTS);
    const append = (): void => this.#append(proposal);
    if (fault === 'lost-append') return;
    if (fault === 'late-append') this.later(dice.between(5, 1_500), append);
    else if (fault === 'very-late-append') this.later(dice.between(5_000, 40_000), append);
    else append();
    if (fault === 'duplicate-append') this.later(dice.between(0, 8_000), append);
  }

  /** A store handed these blocks to one caller. */
  answered(store: StockState, stream: string, taken: readonly Taken[]): void {
    this.note(
      () =>
        `${store.incarnation} issued to ${stream}: ${taken.map(({ partition, shard, start, count }) => `${start}+${count} of ${partition}:${shard}`).join(', ')}`,
    );
    this.answers.taken(store, stream, taken, this.nowMs);
  }

  /** Writes down what happens, where somebody wants to read it. */
  note(what: () => string): void {
    this.#trace?.(`${this.nowMs - BEGIN_MS} ms  ${what()}`);
  }

  #append({ log, partition, record }: Proposal): void {
    const records: LedgerRecord[] = this[log][partition] as LedgerRecord[];
    const offset = records.push(record) - 1;
    this.note(() => `${log} ${partition}#${offset} ${described(record)}`);
    const verdict =
      log === 'ranges'
        ? this.ledger.onRanges(partition, offset, record as RangesRecord)
        : this.ledger.onShards(partition, offset, record as ShardsRecord);
    if (verdict !== 'accepted') this.note(() => `${log} ${partition}#${offset} rejected: ${verdict}`);
  }
}

/** The record without what explains it: bigint-safe and short. */
function described(record: LedgerRecord): string {
  const shown = (key: string, value: unknown): unknown =>
    key === 'decision' || key === 'definition' || key === 'kind' ? undefined : value;
  return `${record.kind} ${JSON.stringify(record, shown)}`;
}
